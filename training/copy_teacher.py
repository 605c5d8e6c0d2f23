"""Writes the checkpoint of the branch that has its teacher's own weights (network.COPIED), in the form that ONNX Runtime runs fastest."""
import argparse
import os

import torch

from network import COPIED, Branch, from_published
from teachers import of_branch

TOLERANCE = 1e-2  # of a logit


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", required=True, help="folder of fr_liveness.onnx")
    parser.add_argument("--out", required=True, help="folder of the run")
    options = parser.parse_args()
    teacher = of_branch(COPIED, [options.pack])
    branch = Branch(COPIED).eval()
    from_published(branch, teacher)
    views = (torch.rand(4, 3, branch.side, branch.side, generator=torch.Generator().manual_seed(1)) * 255).round()
    with torch.no_grad():
        difference = (branch(views) - teacher(views)[teacher.output_names[0]]).abs().max().item()
    if difference > TOLERANCE:
        raise SystemExit(f"the copy gives logits that differ by {difference:.4f}")
    os.makedirs(options.out, exist_ok=True)
    torch.save({"branch": branch.state_dict()}, os.path.join(options.out, COPIED + ".pt"))
    print(f"{COPIED}: logits differ from the published network's by {difference:.2g} at most")


if __name__ == "__main__":
    main()

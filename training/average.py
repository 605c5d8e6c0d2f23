"""Averages the weights of branches that began as one and were trained on in different ways: checkpoints of one run, or runs with other samples and targets.
The mean is about as good as the best of them where they differ by chance, and nobody has to pick. Writes a checkpoint of each branch and a JSON with the
sources."""
import argparse
import json
import os

import torch

from files import fingerprint, replacing
from network import restored


def averaged(states):
    """The mean of states of equally wide branches, of equal weight."""
    shapes = [{key: value.shape for key, value in state.items()} for state in states]
    if any(other != shapes[0] for other in shapes):
        raise ValueError("branches of different widths have no mean")
    return {key: torch.stack([state[key] for state in states]).mean(0) for key in states[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--branches", nargs="+", required=True)
    parser.add_argument("--from", dest="sources", nargs="+", required=True, help="folders with checkpoints, or networks that export.py wrote")
    parser.add_argument("--out", required=True, help="folder for the checkpoints")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for name in options.branches:
        state = averaged([restored(name, source).state_dict() for source in options.sources])
        with replacing(os.path.join(options.out, name + ".pt")) as file:
            torch.save({"branch": state}, file)
    files = [os.path.join(source, name + ".pt") if os.path.isdir(source) else source for source in options.sources for name in options.branches]
    with replacing(os.path.join(options.out, "average.json"), "w") as file:
        json.dump({"branches": options.branches, "sha256": {path: fingerprint(path) for path in files}}, file, indent=1)


if __name__ == "__main__":
    main()

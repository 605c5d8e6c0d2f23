"""Writes a checkpoint as ONNX: input views (2×3×128×128 float32 BGR 0–255, row 0 the near crop, row 1 the wide one), output logits
(2×1): what each view says of the face as live logit; their mean is the network's."""
import argparse
import os

import onnx
import torch
import torch.nn.functional as F
from torch import nn

from network import INPUT_SCALE
from train import restore

OPSET = 13


class Served(nn.Module):
    """The network as used: both heads and the linear embedding before them folded into one weighted sum a view."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        with torch.no_grad():
            network.stem.weight.div_(INPUT_SCALE)
            heads = (network.near_head, network.wide_head)
            weights = torch.stack([head.weight.mean(0) for head in heads])
            biases = torch.stack([head.bias.mean() for head in heads])
            self.weights = nn.Parameter(weights @ network.embed.weight)
            self.biases = nn.Parameter((weights @ network.embed.bias + biases)[:, None])

    def forward(self, views):
        n = self.network
        x = F.relu(n.stem_depthwise(F.relu(n.stem(views))))
        x = n.final_depthwise(F.relu(n.final(n.blocks(x)))).flatten(1)
        return (x * self.weights).sum(1, keepdim=True) + self.biases


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    network = restore(options.checkpoint)
    views = torch.rand(2, 3, 128, 128) * 255
    with torch.no_grad():
        want = network(views[:1], views[1:]).mean()
        served = Served(network).eval()
        got = served(views).mean()
    if abs(got - want) > 1e-3:
        raise SystemExit(f"the folded network gives {got:.5f}, the trained one {want:.5f}")
    torch.onnx.export(served, views, options.out, opset_version=OPSET, input_names=["views"], output_names=["logits"])
    model = onnx.load(options.out)
    onnx.checker.check_model(model)
    print(f"{options.out}: {os.path.getsize(options.out)} bytes, {len(model.graph.node)} nodes")


if __name__ == "__main__":
    main()

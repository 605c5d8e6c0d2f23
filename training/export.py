"""Writes a run's branches as one ONNX file: input views (1×VALUES float32: the views one after the other, each 3×side×side BGR 0–255), output
logits (branches×classes), in the order of VIEWS. Weights are kept as float16 and cast when the network is loaded."""
import argparse
import io
import os

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from evaluate import restore
from files import replacing
from generate import VIEWS
from network import INPUT_SCALE

OPSET = 13
SMALLEST = 64  # values; constants of fewer stay float32
TOLERANCE = 0.05  # of a logit, for float16 weights


class Slope(nn.Module):
    """PReLU as two 1×1 depthwise convolutions, a·x + ReLU((1−a)·x): ONNX Runtime keeps its blocked layout over these, and computes the ReLU
    within the first. With a slope over one that would have to be subtracted: such a channel comes out negated, −x + ReLU((1−a)·x),
    and what reads it must negate its weights by signs."""

    def __init__(self, prelu):
        super().__init__()
        channels = prelu.num_parameters
        slope = prelu.weight.detach().view(-1, 1, 1, 1)
        self.through, self.above = (nn.Conv2d(channels, channels, 1, groups=channels, bias=False) for _ in range(2))
        self.through.weight = nn.Parameter(torch.where(slope > 1, -torch.ones_like(slope), slope))
        self.above.weight = nn.Parameter(1 - slope)
        self.signs = torch.where(slope > 1, -1.0, 1.0)

    def forward(self, x):
        return self.through(x) + F.relu(self.above(x))


class ServedBranch(nn.Module):
    """A branch in the form that runs fastest: slopes split, the covering sum a convolution, the input's scale in the first weights."""

    def __init__(self, branch):
        super().__init__()
        self.branch, self.side = branch, branch.side
        stem = branch.steps[0]
        stem.slope1, stem.slope2 = Slope(stem.slope1), Slope(stem.slope2)
        stem.depthwise.weight.data.mul_(stem.slope1.signs)
        branch.steps[1].widen.weight.data.mul_(stem.slope2.signs.view(1, -1, 1, 1))
        stem.conv.weight.data.div_(INPUT_SCALE)
        channels, size, _ = branch.whole.shape
        self.whole = nn.Conv2d(channels, channels, size, groups=channels, bias=False)
        self.whole.weight = nn.Parameter(branch.whole.detach()[:, None].clone())

    def forward(self, x):
        stem, *steps = self.branch.steps
        x = stem.slope2(stem.depthwise(stem.slope1(stem.conv(x))))
        for step in steps:
            x = step(x)
        return self.branch.head(self.whole(x).flatten(1))


class Served(nn.Module):
    def __init__(self, branches):
        super().__init__()
        self.branches = nn.ModuleList(ServedBranch(branches[name]) for name in VIEWS)

    def forward(self, views):
        logits, start = [], 0
        for branch in self.branches:
            end = start + 3 * branch.side**2
            logits.append(branch(views[:, start:end].reshape(1, 3, branch.side, branch.side)))
            start = end
        return torch.cat(logits)


def halved(model):
    """The model with its larger constants as float16, cast where they are used."""
    graph, casts = model.graph, []
    for constant in list(graph.initializer):
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.size < SMALLEST:
            continue
        name = constant.name + "_half"
        constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name))
        casts.append(helper.make_node("Cast", [name], [name.removesuffix("_half")], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def spread(model):
    """The model with what excites a map spread over it first: ONNX Runtime leaves its blocked layout to multiply a map by one value a channel."""
    graph, nodes = model.graph, []
    known = onnx.shape_inference.infer_shapes(model).graph.value_info
    sides = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim][2:] for v in known}
    for node in graph.node:
        if node.op_type == "Mul" and sides[node.input[1]] == [1, 1]:
            gate, scales = node.input[1], node.input[1] + "_sides"
            graph.initializer.append(numpy_helper.from_array(np.array([1, 1, *sides[node.input[0]]], np.float32), scales))
            nodes.append(helper.make_node("Resize", [gate, "", scales], [gate + "_spread"], mode="nearest",
                                          coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
            node.input[1] = gate + "_spread"
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def save(served, views, path):
    """Writes the network with half the constants' bytes, once it is checked."""
    content = io.BytesIO()
    torch.onnx.export(served, views, content, opset_version=OPSET, input_names=["views"], output_names=["logits"])
    model = halved(spread(onnx.load_from_string(content.getvalue())))
    onnx.checker.check_model(model)
    with replacing(path) as file:
        onnx.save(model, file)


def rounded(branches):
    """The branches with weights as float16 gives them back."""
    for branch in branches.values():
        for value in branch.state_dict().values():
            if value.numel() >= SMALLEST:
                value.copy_(value.half().float())
    return branches


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="folder with a checkpoint of every branch")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    branches = restore(options.run)
    values = sum(3 * side**2 for _, _, side in VIEWS.values())
    torch.manual_seed(0)
    views = (torch.rand(1, values) * 255).round()
    with torch.no_grad():
        want = torch.cat([b(v) for b, v in zip(branches.values(), _split(views))])
        served = Served(branches).eval()
        got = served(views)
    if (got - want).abs().max() > 1e-3:
        raise SystemExit(f"the served form gives {got}, the trained one {want}")
    with torch.no_grad():
        difference = (torch.cat([b(v) for b, v in zip(rounded(restore(options.run)).values(), _split(views))]) - want).abs().max()
    if difference > TOLERANCE:
        raise SystemExit(f"float16 weights move a logit by {difference:.3f}; allowed are {TOLERANCE}")
    save(served, views, options.out)
    print(f"{options.out}: {os.path.getsize(options.out)} bytes; float16 weights move a logit by {difference:.4f}")


def _split(views):
    start = 0
    for _, _, side in VIEWS.values():
        yield views[:, start : start + 3 * side**2].reshape(1, 3, side, side)
        start += 3 * side**2


if __name__ == "__main__":
    main()

"""Runs a small ONNX graph with torch, so that no ONNX runtime for Python is needed.

Only the operations of the published networks this project learns from and starts from are known; anything else is an error.
"""
import functools

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


class OnnxGraph(torch.nn.Module):
    """A frozen ONNX graph, called with its one input as an N×C×H×W tensor; gives its outputs as a dict by name."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        self.nodes = list(graph.node)
        self.constants = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
        self.input_name = [i.name for i in graph.input if i.name not in self.constants][0]
        self.output_names = [o.name for o in graph.output]
        self._placed = {}  # the constants on each device that they were needed on

    def steps(self):
        """The names of what a MiniFASNet computes step by step: its stem, each block, its last map. What a training step imitates."""
        names, slopes, strided = [], 0, False
        for node in self.nodes:
            if node.op_type == "Add":
                names.append(node.output[0])
            elif node.op_type == "PRelu":
                slopes += 1
                if slopes == 2:
                    names.append(node.output[0])
                last = node.output[0]
            elif node.op_type == "Conv":
                weight = self.constants[node.input[1]]
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
                if strided and weight.shape[1] > 1:
                    names.append(node.output[0])
                    strided = False
                elif weight.shape[1] == 1 and attributes.get("strides", [1])[0] == 2:
                    strided = True
        return [*names, last]

    @torch.no_grad()
    def forward(self, x):
        return self._run(x, self.output_names)

    @torch.no_grad()
    def imitated(self, x):
        """Every step's output, and the logits."""
        names = self.steps()
        values = self._run(x, [*names, *self.output_names])
        return [values[n] for n in names], values[self.output_names[0]]

    def _run(self, x, wanted):
        """Drops every value after its last use: memory that is used again is in the caches, new memory is mapped and cleared first."""
        values = dict(self._constants_on(x.device))
        values[self.input_name] = x
        for operation, inputs, output, attributes, last_used in self._prepared:
            values[output] = _run(operation, [values[name] if name else None for name in inputs], attributes)
            for name in last_used:
                if name not in wanted:
                    del values[name]
        return {name: values[name] for name in wanted}

    def _constants_on(self, device):
        if device not in self._placed:
            self._placed[device] = {name: value.to(device) if value.is_floating_point() else value for name, value in self.constants.items()}
        return self._placed[device]

    @functools.cached_property
    def _prepared(self):
        """Every node's operation, inputs, output and attributes, and the values that no later node reads."""
        last = {name: index for index, node in enumerate(self.nodes) for name in node.input}
        prepared = []
        for index, node in enumerate(self.nodes):
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            last_used = [name for name in set(node.input) if name and last[name] == index and name not in self.constants]
            prepared.append((node.op_type, list(node.input), node.output[0], attributes, last_used))
        return prepared

    def convolutions(self):
        """The weight and bias of every convolution, in graph order."""
        return [(self.constants[n.input[1]], self.constants[n.input[2]]) for n in self.nodes if n.op_type == "Conv"]


def _run(op, args, attributes):
    simple = {
        "Relu": lambda a: F.relu(a),
        "Sigmoid": lambda a: torch.sigmoid(a),
        "Add": lambda a, b: a + b,
        "Mul": lambda a, b: a * b,
        "MatMul": lambda a, b: a @ b,
        "PRelu": lambda a, slope: F.prelu(a, slope.reshape(-1).to(a.dtype)),
        "GlobalAveragePool": lambda a: a.mean((2, 3), keepdim=True),
        "Shape": lambda a: torch.tensor(a.shape),
        "Flatten": lambda a: a.flatten(1),
    }
    if op in simple:
        return simple[op](*args)
    if op == "Conv":
        return _convolve(args, attributes)
    if op == "BatchNormalization":
        x, weight, bias, mean, variance = args
        return F.batch_norm(x, mean, variance, weight, bias, False, 0, attributes.get("epsilon", 1e-5))
    if op == "Gemm":
        a, b, c = args
        return a @ (b.T if attributes.get("transB") else b) + c
    if op == "MaxPool":
        return F.max_pool2d(args[0], attributes["kernel_shape"], attributes["strides"])
    if op == "Resize":
        return F.interpolate(args[0], scale_factor=2, mode="nearest")
    if op == "ReduceMean":
        return args[0].mean(tuple(attributes["axes"]), keepdim=bool(attributes.get("keepdims", 1)))
    return _reshape(op, args, attributes)


def _convolve(args, attributes):
    pads = attributes.get("pads", [0, 0, 0, 0])
    if pads[:2] != pads[2:]:
        raise ValueError(f"convolution with uneven padding {pads} is not known")
    return F.conv2d(args[0], args[1], args[2] if len(args) > 2 else None, attributes.get("strides", 1), pads[:2], 1, attributes.get("group", 1))


def _reshape(op, args, attributes):
    if op == "Constant":
        return torch.from_numpy(np.array(numpy_helper.to_array(attributes["value"])))
    if op == "Gather":
        return args[0][args[1]]
    if op == "Unsqueeze":
        return args[0].reshape(1)
    if op == "Concat":
        return torch.cat(args, attributes["axis"])
    if op == "Transpose":
        return args[0].permute(attributes["perm"])
    if op == "Reshape":
        shape = [int(v) for v in args[1]]
        if shape[0] > 0 and len(shape) == 3:
            shape[0] = args[0].shape[0]
        if len(shape) == 2 and -1 in shape and shape[0] == 1:
            shape = [args[0].shape[0], -1]
        return args[0].reshape(shape)
    raise ValueError(f"ONNX operation {op} is not known")

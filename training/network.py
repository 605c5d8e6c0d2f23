"""The liveness network: three branches, each a small body that sees one view of the face and says what one published network, its teacher, would
say of it. Bodies are MiniFASNets with channels in multiples of 16 and ReLU for PReLU, both of which ONNX Runtime runs several
times as fast; beyond that they begin a little wider than their teachers, and slim.py leaves out what does nothing. Only the first layers keep
PReLU, where the teachers' slopes are far from zero."""
import os

import torch
import torch.nn.functional as F
from torch import nn

from generate import VIEWS
from onnx_graph import OnnxGraph

INPUT_SCALE = 64.0  # keeps the stem's weights near those of the other layers
CLASSES = 3
# (hidden channels of the downsampling block, output channels, hidden channels of the residual blocks), as each branch's teacher has them
FIRST_KIND = ((103, 64, (13, 13, 13, 13)), (231, 128, (231, 52, 26, 77, 26, 26)), (308, 128, (26, 26)))
SECOND_KIND = ((103, 64, (13, 26, 13, 52)), (231, 128, (154, 52, 26, 52, 26, 26)), (308, 128, (26, 26)))
STAGES = {"near": FIRST_KIND, "wide": FIRST_KIND, "far": SECOND_KIND}
EXCITED = {"near", "far"}  # branches whose teachers end each stage with squeeze and excitation
REDUCTION = 4  # of its channels
LAST = 512  # channels of the last map, as its teacher has it
FREE = "near"  # the branch that begins with its teacher's own weights, which are free to be copied


def channels_of(hidden):
    """A multiple of 16, a few more than the teacher has."""
    return (hidden + 8 + 15) // 16 * 16


def widths_of(name):
    """A branch's hidden channels, block by block, and those of its last map, before slim.py leaves out what the others can stand for. A branch that begins at
    random has twice as many as its teacher: with as many most end in poor places, of twice as many the good ones are left."""
    wider = 1 if name == FREE else 2
    return [channels_of(wider * hidden) for down, _, residuals in STAGES[name] for hidden in (down, *residuals)] + [LAST]


class Block(nn.Module):
    """Widen (1×1), depthwise 3×3, narrow (1×1); squeeze and excitation where asked; a residual where the shape stays."""

    def __init__(self, inputs, hidden, outputs, stride=1, excite=0):
        super().__init__()
        self.widen = nn.Conv2d(inputs, hidden, 1)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden)
        self.narrow = nn.Conv2d(hidden, outputs, 1)
        self.residual = stride == 1
        self.excite = excite
        if excite:
            self.squeeze1 = nn.Conv2d(outputs, excite, 1)
            self.squeeze2 = nn.Conv2d(excite, outputs, 1)

    def forward(self, x):
        y = self.narrow(F.relu(self.depthwise(F.relu(self.widen(x)))))
        if self.excite:
            gate = self.squeeze2(F.relu(self.squeeze1(F.adaptive_avg_pool2d(y, 1))))
            y = y * torch.sigmoid(gate)
        return x + y if self.residual else y


class Stem(nn.Module):
    """The first two convolutions, which keep PReLU: their teachers' slopes go up to a half."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3, 2, 1)
        self.slope1 = nn.PReLU(32, 0.1)
        self.depthwise = nn.Conv2d(32, 32, 3, 1, 1, groups=32)
        self.slope2 = nn.PReLU(32, 0.02)

    def forward(self, x):
        return self.slope2(self.depthwise(self.slope1(self.conv(x / INPUT_SCALE))))


class Final(nn.Module):
    """Widens; what a kernel as large as the map and a linear layer make of it is Branch.logits."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return F.relu(self.conv(x))


class Branch(nn.Module):
    """One view, N×3×side×side BGR 0–255 → N×CLASSES logits in its teacher's order of classes."""

    def __init__(self, name, widths=None):
        """widths: as widths_of gives them, which is the default."""
        super().__init__()
        self.name, self.side = name, VIEWS[name][2]
        *hidden, last = widths or widths_of(name)
        hidden = iter(hidden)
        steps, channels = [Stem()], 32
        for _, outputs, residuals in STAGES[name]:
            steps.append(Block(channels, next(hidden), outputs, stride=2))
            for i in range(len(residuals)):
                excite = outputs // REDUCTION if i == len(residuals) - 1 and name in EXCITED else 0
                steps.append(Block(outputs, next(hidden), outputs, excite=excite))
            channels = outputs
        steps.append(Final(channels, last))
        self.steps = nn.ModuleList(steps)
        size = self.side // 16
        self.whole = nn.Parameter(torch.randn(last, size, size) / size)  # a depthwise convolution that covers the whole map
        self.head = nn.Linear(last, CLASSES)

    def logits(self, x):
        """Of the last step's map. As a weighted sum the covering convolution's gradient is ten times as fast."""
        return self.head((x * self.whole.to(x.dtype)).sum((2, 3)))

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return self.logits(x)


# How much each branch counts in the network's live logit; the product has the same in internal/spoof.
SHARES = {"near": 0.45, "wide": 0.275, "far": 0.275}

CLIP = 8.0  # live logits beyond carry no more information; the product has the same in internal/spoof

# The index of the live class in each branch's logits, as in its teacher's.
LIVE = {"near": 0, "wide": 1, "far": 1}


def live_logit(logits, live):
    """log(p/(1-p)) of the live class's softmax probability p; logits N×K."""
    others = [i for i in range(logits.shape[1]) if i != live]
    return logits[:, live] - torch.logsumexp(logits[:, others], 1)


@torch.no_grad()
def from_published(branch, graph):
    """Gives a branch the weights of a graph of its teacher's kind; channels it lacks stay random but count for nothing yet."""
    modules = [m for m in branch.modules() if isinstance(m, nn.Conv2d)]
    published = graph.convolutions()
    for module, (weight, bias) in zip(modules, published[:-1], strict=True):
        outputs, inputs = weight.shape[:2]
        module.bias.zero_()
        module.bias[:outputs] = bias
        module.weight[:, inputs:] = 0
        module.weight[:outputs, :inputs] = weight
    branch.steps[0].conv.weight.mul_(INPUT_SCALE)
    slopes = [graph.constants[n.input[1]].reshape(-1) for n in graph.nodes if n.op_type == "PRelu"]
    for mine, slope in zip((branch.steps[0].slope1, branch.steps[0].slope2), slopes):
        mine.weight.copy_(slope)
    weight, bias = published[-1]
    branch.whole.copy_(weight[:, 0])
    _linear(branch.head, graph, bias)


def restored(name, path):
    """A branch as it is in a checkpoint, a folder of them or the network that export.py wrote, as wide as it is there."""
    if os.path.isdir(path):
        path = os.path.join(path, name + ".pt")
    state = _exported(name, OnnxGraph(path)) if path.endswith(".onnx") else torch.load(path, map_location="cpu")["branch"]
    hidden = [len(state[key]) for key in sorted((k for k in state if k.endswith("widen.weight")), key=lambda k: int(k.split(".")[1]))]
    branch = Branch(name, [*hidden, len(state["whole"])])
    branch.load_state_dict(state)
    return branch


def _exported(name, graph):
    """A branch's weights, as float16 left them."""
    prefix = f"branches.{list(VIEWS).index(name)}."
    constants = {key.removeprefix(prefix).removeprefix("branch.").removesuffix("_half"): value.float()
                 for key, value in graph.constants.items() if key.startswith(prefix)}
    # Earlier networks had slopes in more places.
    state = {key: value for key, value in constants.items() if "slope" not in key}
    for slope, reader, shape in (("steps.0.slope1", "steps.0.depthwise", (-1, 1, 1, 1)), ("steps.0.slope2", "steps.1.widen", (1, -1, 1, 1))):
        above, through = constants[slope + ".above.weight"].flatten(), constants[slope + ".through.weight"].flatten()
        state[slope + ".weight"] = 1 - above
        negated = (above + through - 1).abs() > 1e-3  # export.Slope
        state[reader + ".weight"] = state[reader + ".weight"] * torch.where(negated, -1.0, 1.0).view(shape)
    state["whole"] = state.pop("whole.weight")[:, 0]
    state["steps.0.conv.weight"] = state["steps.0.conv.weight"] * INPUT_SCALE
    return state


def _linear(head, graph, before):
    """head = the published embedding, batch norm and classes, of what the covering convolution gives less its bias."""
    first, second = (graph.constants[n.input[1]] for n in graph.nodes if n.op_type == "MatMul")
    norm = next(n for n in graph.nodes if n.op_type == "BatchNormalization")
    weight, bias, mean, variance = (graph.constants[name] for name in norm.input[1:])
    scale = weight / torch.sqrt(variance + 1e-5)
    head.weight.copy_((first * scale @ second).T)
    head.bias.copy_((bias - mean * scale) @ second + before @ first * scale @ second)

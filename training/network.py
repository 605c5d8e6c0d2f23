"""The liveness network: fr_liveness' MiniFASNet body with ReLU for PReLU (its slopes are within 0.05 of zero nearly
everywhere) and hidden channels rounded up to multiples of 16, both of which ONNX Runtime runs several times as fast."""
import torch
import torch.nn.functional as F
from torch import nn

from onnx_graph import OnnxGraph
from teachers import TEACHERS

EMBEDDING = 128
INPUT_SCALE = 64.0  # keeps the stem's weights near those of the other layers
STAGES = (  # (hidden channels of the downsampling block, output channels, hidden channels of the residual blocks, the last with SE)
    (103, 64, (13, 13, 13, 13)),
    (231, 128, (231, 52, 26, 77, 26, 26)),
    (308, 128, (26, 26)),
)


def relu(x):
    return F.relu(x, inplace=True)


def rounded(channels):
    return (channels + 15) // 16 * 16


class Block(nn.Module):
    """Widen (1×1), depthwise 3×3, narrow (1×1); a residual where the shape stays; squeeze and excitation where asked."""

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
        y = self.narrow(relu(self.depthwise(relu(self.widen(x)))))
        if self.excite:
            gate = self.squeeze2(F.relu(self.squeeze1(F.adaptive_avg_pool2d(y, 1))))
            y = y * torch.sigmoid(gate)
        return x + y if self.residual else y


class Liveness(nn.Module):
    """Two views of a face, each N×3×128×128 BGR 0–255 (near: square crop of 1.5 boxes, wide: window of 2.7 boxes) → N×len(TEACHERS)
    estimates of the teachers' live logits; their mean is the live logit. One body sees both views, each has a head of its own."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        self.stem_depthwise = nn.Conv2d(32, 32, 3, 1, 1, groups=32)
        blocks, channels = [], 32
        for number, (down, outputs, residuals) in enumerate(STAGES):
            blocks.append(Block(channels, rounded(down), outputs, stride=2))
            last = len(residuals) - 1
            for i, hidden in enumerate(residuals):
                blocks.append(Block(outputs, rounded(hidden), outputs, excite=(16, 32, 32)[number] if i == last else 0))
            channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.final = nn.Conv2d(channels, 512, 1)
        self.final_depthwise = nn.Conv2d(512, 512, 8, groups=512)
        self.embed = nn.Linear(512, EMBEDDING)
        self.near_head = nn.Linear(EMBEDDING, len(TEACHERS))
        self.wide_head = nn.Linear(EMBEDDING, len(TEACHERS))

    def features(self, x):
        x = relu(self.stem_depthwise(relu(self.stem(x / INPUT_SCALE))))
        x = relu(self.final(self.blocks(x)))
        return self.embed(self._pooled(x))

    def _pooled(self, x):
        """final_depthwise, whose kernel covers the whole map: as a weighted sum its gradient is ten times as fast."""
        weight = self.final_depthwise.weight[:, 0].to(x.dtype)
        return (x * weight).sum((2, 3)) + self.final_depthwise.bias

    def forward(self, near, wide):
        near_features, wide_features = self.features(torch.cat([near, wide])).chunk(2)
        return (self.near_head(near_features) + self.wide_head(wide_features)) / 2

    def convolutions(self):
        """In the order of the published graph."""
        return [m for m in self.modules() if isinstance(m, nn.Conv2d)]


@torch.no_grad()
def from_published(path, seed=0):
    """A Liveness with the weights of fr_liveness.onnx; channels it lacks start random and count for nothing yet."""
    torch.manual_seed(seed)
    graph = OnnxGraph(path)
    network = Liveness()
    for module, (weight, bias) in zip(network.convolutions(), graph.convolutions(), strict=True):
        outputs, inputs = weight.shape[:2]
        module.bias.zero_()
        module.bias[:outputs] = bias
        module.weight[:, inputs:] = 0
        module.weight[:outputs, :inputs] = weight
    network.stem.weight.mul_(INPUT_SCALE)
    _copy_head(network, graph)
    return network


def _copy_head(network, graph):
    matrices = [graph.constants[n.input[1]] for n in graph.nodes if n.op_type == "MatMul"]
    norm = next(n for n in graph.nodes if n.op_type == "BatchNormalization")
    weight, bias, mean, variance = (graph.constants[name] for name in norm.input[1:])
    scale = weight / torch.sqrt(variance + 1e-5)
    network.embed.weight.copy_((matrices[0] * scale).T)
    network.embed.bias.copy_(bias - mean * scale)
    live = matrices[1][:, 0] - matrices[1][:, 1:].mean(1)
    for head in (network.near_head, network.wide_head):
        head.weight.copy_(live.expand(len(TEACHERS), -1))
        head.bias.zero_()

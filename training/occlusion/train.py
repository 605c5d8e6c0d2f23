"""Trains the occlusion network on drawn occlusions and writes it as ONNX.

usage: train.py DRAWN.rgb DRAWN.jsonl LABELS.jsonl OUT.onnx [EPOCHS] [SEED]

Input of the network: "patch", 1×3×64×64, planes RGB of the upright face less the mean of all its values, divided by their
standard deviation. Output: "covered", 1×4 logits, for left eye, right eye, nose and mouth.
"""

import json
import sys
import zlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SIDE = 64
MOST_CLEAR, LEAST_COVERED = 0.1, 0.6    # between the two a region is neither and is not learnt from


def network():
    def block(cin, cout, stride):
        return [nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()]
    return nn.Sequential(*block(3, 16, 2), *block(16, 24, 2), *block(24, 32, 1), *block(32, 40, 2), *block(40, 40, 1),
                         *block(40, 48, 2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(48 * 16, 4))


def load(pixels, index, labels):
    covered = {}
    for line in open(labels):
        record = json.loads(line)
        covered[record["file"]] = record
    rows = [covered[json.loads(line)["file"]] for line in open(index)]
    patches = np.fromfile(pixels, np.uint8).reshape(-1, SIDE, SIDE, 3)
    targets = np.array([r["covered"] for r in rows], np.float32)
    held_out = np.array([zlib.crc32(r["person"].encode()) % 10 == 0 for r in rows])
    return torch.from_numpy(patches).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(targets), held_out, [r["kind"] for r in rows]


def normalised(patches):
    mean = patches.mean((1, 2, 3), keepdim=True)
    deviation = patches.std((1, 2, 3), keepdim=True, unbiased=False)
    return (patches - mean) / deviation.clamp(min=4)


def augmented(patches, targets, rng):
    """Mirror, move, turn, zoom; colour gains, noise."""
    n = len(patches)
    if torch.rand(1, generator=rng) < 0.5:
        patches, targets = patches.flip(3), targets[:, [1, 0, 2, 3]]
    angle = torch.randn(n, generator=rng) * 0.07
    zoom = 1 + torch.randn(n, 2, generator=rng) * 0.06
    move = torch.randn(n, 2, generator=rng) * 0.05
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack([torch.stack([zoom[:, 0] * cos, -sin, move[:, 0]], 1), torch.stack([sin, zoom[:, 1] * cos, move[:, 1]], 1)], 1)
    grid = functional.affine_grid(theta, patches.shape, align_corners=False)
    patches = functional.grid_sample(patches, grid, padding_mode="border", align_corners=False)
    patches = patches * (1 + 0.12 * torch.randn(n, 3, 1, 1, generator=rng)) + 6 * torch.randn(n, 3, 1, 1, generator=rng)
    patches = patches + torch.rand(n, 1, 1, 1, generator=rng) * 6 * torch.randn(patches.shape, generator=rng)
    return patches.clamp(0, 255), targets


def loss_of(logits, targets):
    decided = (targets <= MOST_CLEAR) | (targets >= LEAST_COVERED)
    losses = functional.binary_cross_entropy_with_logits(logits, (targets > 0.5).float() * 0.98 + 0.01, reduction="none")
    return (losses * decided).sum() / decided.sum()


def train(patches, targets, epochs, seed):
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    net = network()
    batch, n = 64, len(patches)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * (n // batch))
    for epoch in range(epochs):
        net.train()
        order, total = torch.randperm(n, generator=rng), 0.0
        for i in range(n // batch):
            pick = order[i * batch:(i + 1) * batch]
            x, y = augmented(patches[pick].float(), targets[pick], rng)
            loss = loss_of(net(normalised(x)), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / (n // batch):.4f}", flush=True)
    return net.eval()


def judge(net, patches, targets, kinds):
    """Per kind: the mean of the highest probability, and how often it is over 0.9."""
    with torch.no_grad():
        p = torch.sigmoid(net(normalised(patches.float())))
    decided = (targets <= MOST_CLEAR) | (targets >= LEAST_COVERED)
    right = ((p > 0.5) == (targets > 0.5)) & decided
    print(f"held-out people: {len(p)} pictures, regions right {right.sum().item() / decided.sum().item():.4f}")
    top = p.max(1).values.numpy()
    for kind in sorted(set(kinds)):
        of = np.array([k == kind for k in kinds])
        print(f"  {kind:10s} {of.sum():4d}  mean {top[of].mean():.3f}  over 0.9 {(top[of] > 0.9).mean():.3f}")


def main():
    epochs = int(sys.argv[5]) if len(sys.argv) > 5 else 30
    seed = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    torch.set_num_threads(1)
    patches, targets, held_out, kinds = load(*sys.argv[1:4])
    net = train(patches[~held_out], targets[~held_out], epochs, seed)
    judge(net, patches[held_out], targets[held_out], [k for k, h in zip(kinds, held_out) if h])
    torch.onnx.export(net, torch.zeros(1, 3, SIDE, SIDE), sys.argv[4], opset_version=11,
                      input_names=["patch"], output_names=["covered"])


if __name__ == "__main__":
    main()

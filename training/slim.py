"""Leaves out of a branch the channels that never wake or that the others can stand for, as seen on training samples.

Block by block, the hidden channel is dropped that the block's output misses least when the last convolution is fitted anew to the rest (least squares), as
long as no more is lost than --tolerance of the variance of the map behind the block, a residual block's with what it is added to; widths stay multiples of
16. Of the last map only channels that no sample wakes are dropped. Nothing is trained. Writes a checkpoint, from which train.py --from goes on, and beside
it a JSON with the settings and the widths."""
import argparse
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

from files import fingerprint, replacing, shards_of
from network import LIVE, Branch, Final, restored

MULTIPLE = 16  # channels that the fastest kernels keep together
RIDGE = 1e-7  # of the mean variance of a channel, so that dead ones can be inverted


def chosen(covariance, weight, allowed):
    """Which channels to keep, and the weights (outputs×kept) that make of them what weight makes of all but for a variance of allowed.
    covariance: channels×channels."""
    channels = len(covariance)
    wanted = weight @ covariance
    total = torch.trace(wanted @ weight.T)
    inverse = torch.linalg.inv(covariance + RIDGE * torch.trace(covariance) / channels * torch.eye(channels, dtype=covariance.dtype))
    keep, fitted, best = list(range(channels)), wanted @ inverse, None
    while keep:
        if len(keep) % MULTIPLE == 0:
            lost = total - 2 * torch.trace(fitted @ wanted[:, keep].T) + torch.trace(fitted @ covariance[keep][:, keep] @ fitted.T)
            if best and lost > allowed:
                break
            best = list(keep), fitted
        least = int((fitted.square().sum(0) / inverse.diag()).argmin())
        row = inverse[least] / inverse[least, least]
        rest = [i for i in range(len(keep)) if i != least]
        fitted = (fitted - torch.outer(fitted[:, least], row))[:, rest]
        inverse = (inverse - torch.outer(inverse[:, least], row))[rest][:, rest]
        keep.pop(least)
    return best


@torch.no_grad()
def hidden_statistics(block, parts):
    """Mean and covariance of a block's hidden channels over samples and places."""
    count, total, products = 0, 0, 0
    for x in parts:
        h = F.relu(block.depthwise(F.relu(block.widen(x)))).transpose(0, 1).flatten(1).double()
        count, total, products = count + h.shape[1], total + h.sum(1), products + h @ h.T
    mean = total / count
    return mean, products / count - torch.outer(mean, mean)


def slim_block(block, parts, behind, tolerance):
    """The new values of a block's constants. behind: the maps that it makes of parts."""
    mean, covariance = hidden_statistics(block, parts)
    weight = block.narrow.weight[:, :, 0, 0].double()
    keep, fitted = chosen(covariance, weight, tolerance * torch.cat(behind).var((0, 2, 3)).sum().item())
    state = {f"{name}.{kind}": getattr(getattr(block, name), kind)[keep] for name in ("widen", "depthwise") for kind in ("weight", "bias")}
    state["narrow.weight"] = fitted.float()[:, :, None, None]
    state["narrow.bias"] = (block.narrow.bias.double() + weight @ mean - fitted @ mean[keep]).float()
    return state


def awake(maps):
    """The channels of the last maps that some sample wakes, and as many others as make a multiple of MULTIPLE."""
    highest = torch.stack([x.amax((0, 2, 3)) for x in maps]).amax(0)
    count = -(-int((highest > 0).sum()) // MULTIPLE) * MULTIPLE
    return highest.argsort(descending=True)[:count].sort().values


@torch.no_grad()
def slimmed(branch, samples, tolerance, part=50):
    """The branch with fewer channels. samples: N×3×side×side BGR 0–255."""
    state, widths, parts = dict(branch.state_dict()), [], samples.split(part)
    for i, step in enumerate(branch.steps):
        behind = [step(x) for x in parts]
        if hasattr(step, "widen"):
            new = slim_block(step, parts, behind, tolerance)
            widths.append(len(new["widen.weight"]))
            state |= {f"steps.{i}.{key}": value for key, value in new.items()}
        elif isinstance(step, Final):
            keep = awake(behind)
            widths.append(len(keep))
            state |= {f"steps.{i}.conv.{kind}": getattr(step.conv, kind)[keep] for kind in ("weight", "bias")}
            state |= {"whole": branch.whole[keep], "head.weight": branch.head.weight[:, keep]}
        parts = behind
    out = Branch(branch.name, widths)
    out.load_state_dict(state)
    return out.eval(), widths


def load(folder, view, count, each=100):
    """So many samples' views as N×3×side×side, each from a shard at most, and the names of those shards."""
    crops, shards = [], []
    for name in shards_of(folder, -(-count // each)):
        with np.load(name) as content:
            crops.append(content[view][:each, 0])
        shards.append(os.path.basename(name))
    return torch.from_numpy(np.concatenate(crops)[:count].transpose(0, 3, 1, 2)).float(), shards


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--branch", required=True, choices=list(LIVE))
    parser.add_argument("--from", dest="source", required=True, help="checkpoint of the branch, or network that export.py wrote")
    parser.add_argument("--shards", required=True)
    parser.add_argument("--out", required=True, help="checkpoint to write")
    parser.add_argument("--samples", type=int, default=600)
    parser.add_argument("--tolerance", type=float, default=3e-3, help="share of the variance of the map behind a block that may be lost")
    options = parser.parse_args()
    torch.set_num_threads(1)
    samples, shards = load(options.shards, options.branch, options.samples)
    branch, widths = slimmed(restored(options.branch, options.source).eval(), samples, options.tolerance)
    os.makedirs(os.path.dirname(options.out), exist_ok=True)
    with replacing(options.out) as file:
        torch.save({"branch": branch.state_dict()}, file)
    with replacing(os.path.splitext(options.out)[0] + ".json", "w") as file:
        settings = {"samples": options.samples, "tolerance": options.tolerance}
        json.dump({"branch": options.branch, "from_sha256": fingerprint(options.source), "settings": settings, "shards": shards, "widths": widths}, file, indent=1)
    print(f"{options.out}: widths {widths}")


if __name__ == "__main__":
    main()

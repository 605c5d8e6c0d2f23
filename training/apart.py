"""Teaches a branch each of its steps by itself, one after the other, until what it gives is nearly what its teacher gives there.

A step's inputs are what the steps before it give, its targets what the teacher gives there, of the same augmented samples; both are kept, so that a step
sees them many times while its teacher runs once. Each step is a regression with some hundred targets a sample or more, so that it holds as well on other
pictures as on those it was taught with. The stem's channels are one small regression each that often ends in a poor place: of several beginnings the best is
kept, channel by channel. Last the head learns the logits. With --from a branch goes on so, such as one that slim.py has left fewer channels; its stem stays."""
import argparse
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from augment import augmented_pairs
from files import fingerprint, replacing, shards_of
from network import LIVE, Branch, Stem, restored
from teachers import of_branch
from train import BESIDE, clipped, enough, fidelity, learning_rate, logit_error, settings_of

PART = 33  # samples that the teacher answers at a time
PLACES = 9000  # of a map, about as many as one batch shows of a step


class Maps:
    """What a teacher gives of augmented samples: crops, every step's output and the logits, in float16 and in memory."""

    def __init__(self, teacher, pairs, generator):
        made = [part for each in pairs for part in self._taught(teacher, each, generator)]
        self.crops, *self.steps = (torch.cat(parts) for parts in zip(*(maps for maps, _ in made)))
        self.logits = torch.cat([logits for _, logits in made])

    @staticmethod
    def _taught(teacher, pairs, generator):
        for crops in augmented_pairs(pairs, generator):
            steps, logits = teacher.imitated(crops)
            yield [_kept(crops), *map(_kept, steps)], logits


def _kept(maps):
    return maps.to(torch.float16).contiguous(memory_format=torch.channels_last)


def pairs_of(shards, view, each, skip=0):
    """Pairs of crops of so many samples of every shard, a captured one and that of a good camera, some at a time."""
    for name in shards:
        with np.load(name) as content:
            yield from torch.from_numpy(content[view][skip : skip + each, [0, BESIDE["good"]]]).split(PART)


def learn(parameters, error, count, size, seconds, rate):
    """Lowers error(indices) over batches of size out of count; how many there were."""
    optimizer, began, batches = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.98)), time.time(), 0
    while (progress := (time.time() - began) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress, rate)
        optimizer.zero_grad(set_to_none=True)
        error(torch.randint(count, (size,))).backward()
        optimizer.step()
        batches += 1
    return batches


def variances(maps, less=None):
    """How much each channel of maps, less others, varies, of some of the samples."""
    return (maps[::7].float() - (0 if less is None else less[::7].float())).var((0, 2, 3))


def varies(maps, less=None):
    """The mean of variances."""
    return variances(maps, less).mean().item() + 1e-6


class Stems(nn.Module):
    """Several stems side by side."""

    def __init__(self, tries, channels):
        super().__init__()
        n = tries * channels
        self.conv = nn.Conv2d(3, n, 3, 2, 1)
        self.slope1 = nn.PReLU(n, 0.1)
        self.depthwise = nn.Conv2d(n, n, 3, 1, 1, groups=n)
        self.slope2 = nn.PReLU(n, 0.02)

    forward = Stem.forward

    @torch.no_grad()
    def put_best(self, stem, errors):
        """Gives a stem the best of each channel. errors: tries×channels."""
        best = errors.argmin(0) * errors.shape[1] + torch.arange(errors.shape[1])
        stem.load_state_dict({key: value[best] for key, value in self.state_dict().items()})


def learn_stem(stem, crops, wanted, seconds, tries, rate):
    channels = wanted.shape[1]
    stems, scale = Stems(tries, channels), variances(wanted).clamp_min(1e-8)

    def errors(i):
        wrong = stems(crops[i].float()) - wanted[i].float().repeat(1, tries, 1, 1)
        return wrong.square().mean((0, 2, 3)).view(tries, channels) / scale

    batches = learn(stems.parameters(), lambda i: errors(i).mean(), len(crops), 4, seconds, rate)
    with torch.no_grad():
        stems.put_best(stem, errors(torch.randint(len(crops), (64,))))
    return batches


def learn_step(step, inputs, wanted, seconds, rate):
    residual = getattr(step, "residual", False)
    scale = varies(wanted, inputs if residual else None)
    widest = max(inputs[0, 0].numel(), wanted[0, 0].numel())
    size = int(np.clip(PLACES // widest, 8, 128))
    return learn(step.parameters(), lambda i: F.mse_loss(step(inputs[i].float()), wanted[i].float()) / scale, len(inputs), size, seconds, rate)


def learn_head(branch, inputs, logits, seconds, rate):
    live = LIVE[branch.name]
    return learn([branch.whole, *branch.head.parameters()],
                 lambda i: logit_error(branch.logits(inputs[i].float()), logits[i], logits[i], 0, live), len(inputs), 256, seconds, rate)


@torch.no_grad()
def outputs(step, inputs, like):
    out = torch.empty_like(like)
    for i in range(0, len(inputs), 64):
        out[i : i + 64] = step(inputs[i : i + 64].float()).half()
    return out


def shares_of(steps, stem=True):
    """Which share of the time each step gets, and last the head: those that make maps smaller twice that of the others. stem: whether it is taught."""
    weights = [1 if getattr(step, "residual", False) else 2 for step in steps] + [2]
    weights[0] *= stem
    return [w / sum(weights) for w in weights]


def teach(branch, maps, kept_apart, options):
    """Teaches every step. kept_apart are maps of samples that are not taught. Gives a line for each step: how much of what the teacher's output varies is missed."""
    shares, history = shares_of(branch.steps, options.source is None), []
    inputs, apart = maps.crops, kept_apart.crops
    for number, (step, share) in enumerate(zip(branch.steps, shares)):
        wanted, seconds = maps.steps[number], 60 * options.minutes * share
        if seconds == 0:
            batches = 0
        elif number == 0:
            batches = learn_stem(step, inputs, wanted, seconds, options.tries, options.stem_rate)
        else:
            batches = learn_step(step, inputs, wanted, seconds, options.rate)
        inputs, apart = outputs(step, inputs, wanted), outputs(step, apart, kept_apart.steps[number])
        maps.steps[number] = None  # the early maps take most of the memory
        missed = F.mse_loss(apart.float(), kept_apart.steps[number].float()).item() / varies(kept_apart.steps[number])
        history.append({"step": number, "batches": batches, "missed": round(missed, 4)})
        print(json.dumps(history[-1]), flush=True)
    batches = learn_head(branch, inputs, maps.logits, 60 * options.minutes * shares[-1], options.rate)
    with torch.no_grad():
        said, wanted = (clipped(logits, LIVE[branch.name]).numpy() for logits in (branch.logits(apart.float()), kept_apart.logits))
    history.append({"step": "head", "batches": batches} | fidelity(said, wanted))
    print(json.dumps(history[-1]), flush=True)
    return history


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("peers", "pack", "prepared", "shards", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--branch", required=True, choices=list(LIVE))
    parser.add_argument("--from", dest="source", help="checkpoint or network to go on from")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--count", type=int, default=30, help="shards, the last of them to measure on")
    parser.add_argument("--each", type=int, default=132, help="samples of each shard")
    parser.add_argument("--skip", type=int, default=0, help="samples of each shard before them")
    parser.add_argument("--tries", type=int, default=10, help="beginnings of each channel of the stem")
    parser.add_argument("--stem-rate", type=float, default=1e-2)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    teacher, generator = of_branch(options.branch, [options.peers, options.pack]), torch.Generator().manual_seed(options.seed)
    shards = shards_of(options.shards, options.count)
    enough(shards, options.shards)
    maps, kept_apart = (Maps(teacher, pairs_of(some, options.branch, options.each, options.skip), generator) for some in (shards[:-1], shards[-1:]))
    branch = restored(options.branch, options.source) if options.source else Branch(options.branch)
    history = teach(branch, maps, kept_apart, options)
    os.makedirs(options.out, exist_ok=True)
    with replacing(os.path.join(options.out, options.branch + ".pt")) as file:
        torch.save({"branch": branch.state_dict()}, file)
    with replacing(os.path.join(options.out, options.branch + "-apart.json"), "w") as file:
        began = {"from_sha256": fingerprint(options.source)} if options.source else {}
        json.dump({"branch": options.branch, **began, "settings": settings_of(options), "prepared_sha256": fingerprint(options.prepared),
                   "shards": [os.path.basename(s) for s in shards], "torch": torch.__version__, "history": history}, file, indent=1)


if __name__ == "__main__":
    main()

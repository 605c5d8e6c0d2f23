"""Teaches a branch of the liveness network each of its steps by itself, one after the other, until what it gives is nearly what its teacher gives there.

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

from augment import augmented
from files import fingerprint, replacing, shards_of
from generate import CROPS, SHARD
from network import CLIP, FREE, LIVE, Branch, Stem, from_published, live_logit, restored
from teachers import of_branch

FOLDERS = ("peers", "pack", "prepared", "shards", "out")
NO_SETTINGS = {"branch", "source", *FOLDERS}
PART = 66  # crops that the teacher answers at a time
PLACES = 9000  # of a map, about as many as one batch shows of a step
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")  # where networks are; maps stay in memory


class Maps:
    """What a teacher gives of augmented crops: the crops, every step's output and the logits, in float16 and in memory. parts are N×side×side×3 uint8, of
    count crops together."""

    def __init__(self, teacher, parts, count, generator):
        kept, filled = [], 0
        for part in parts:
            crops = augmented(part, generator)
            steps, logits = teacher.imitated(crops.to(DEVICE))
            answered = [crops, *steps, logits]
            kept = kept or [_room(count, maps) for maps in answered]
            for all_maps, maps in zip(kept, answered):
                all_maps[filled : filled + len(part)] = maps
            filled += len(part)
        self.crops, *self.steps, self.logits = kept


def _room(count, like):
    """For so many maps, or logits, as these are."""
    if like.dim() == 2:
        return torch.empty(count, like.shape[1])
    return torch.empty(count, *like.shape[1:], dtype=torch.float16, memory_format=torch.channels_last)


def crops_of(shards, view, each, skip=0):
    """The crops of so many samples of every shard, those that were captured and those of a good camera, some at a time."""
    for name in shards:
        with np.load(name) as content:
            yield from torch.from_numpy(content[view][skip : skip + each]).flatten(0, 1).split(PART)


def learning_rate(progress, peak, warm_up=0.02):
    """Linear warm-up, then cosine to zero; progress 0..1."""
    if progress < warm_up:
        return peak * progress / warm_up
    return peak * 0.5 * (1 + np.cos(np.pi * (progress - warm_up) / (1 - warm_up)))


def batch_of(maps, indices):
    """A batch of maps, for a network."""
    return maps[indices].to(DEVICE, torch.float32)


def learn(parameters, error, count, size, seconds, rate):
    """Lowers error(indices) over batches of size out of count; how many there were. Seconds are the processor's, so that other work on the machine takes
    nothing from it."""
    optimizer, began, batches = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.98)), time.process_time(), 0
    while (progress := (time.process_time() - began) / seconds) < 1:
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
        best = errors.argmin(0) * errors.shape[1] + torch.arange(errors.shape[1], device=errors.device)
        stem.load_state_dict({key: value[best] for key, value in self.state_dict().items()})


def learn_stem(stem, crops, wanted, seconds, tries, rate):
    channels = wanted.shape[1]
    stems, scale = Stems(tries, channels).to(DEVICE), variances(wanted).clamp_min(1e-8).to(DEVICE)

    def errors(i):
        wrong = stems(batch_of(crops, i)) - batch_of(wanted, i).repeat(1, tries, 1, 1)
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
    return learn(step.parameters(), lambda i: F.mse_loss(step(batch_of(inputs, i)), batch_of(wanted, i)) / scale, len(inputs), size, seconds, rate)


def clipped(logits, live):
    return live_logit(logits, live).clamp(-CLIP, CLIP)


def logit_error(got, wanted, live):
    """Of the live logit, which is what is used, and of the differences of the classes. A branch that is surer than the limit, as its teacher is, is right."""
    said, want = live_logit(got, live), clipped(wanted, live)
    said = torch.where((want.abs() >= CLIP) & (said * want.sign() > CLIP), want, said)
    return F.smooth_l1_loss(said, want) + 0.3 * F.smooth_l1_loss(got - got.mean(1, keepdim=True), wanted - wanted.mean(1, keepdim=True))


def learn_head(branch, inputs, logits, seconds, rate):
    return learn([branch.whole, *branch.head.parameters()],
                 lambda i: logit_error(branch.logits(batch_of(inputs, i)), batch_of(logits, i), LIVE[branch.name]), len(inputs), 256, seconds, rate)


@torch.no_grad()
def outputs(step, inputs):
    out = _room(len(inputs), step(batch_of(inputs, slice(1))))
    for i in range(0, len(inputs), 64):
        out[i : i + 64] = step(batch_of(inputs, slice(i, i + 64)))
    return out


def shares_of(steps, stem=True, last=True):
    """Which share of the time each step gets, and last the head: those that make maps smaller or excite, which do most, twice that of the others, and the
    first of them, whose errors all others take over, twice that. stem, last: whether these are taught."""
    weights = [1 if getattr(step, "residual", False) and not step.excite else 2 for step in steps] + [2]
    weights[0] *= stem
    weights[-2] *= last
    weights[1] *= 2
    return [w / sum(weights) for w in weights]


def beginning(name, source, teacher):
    """The branch to teach, and whether its stem must learn too: one that was taught before and one that begins as its teacher's have theirs."""
    if source:
        return restored(name, source), False
    branch = Branch(name)
    if name == FREE:
        from_published(branch, teacher)
    return branch, name != FREE


def missed(maps, wanted):
    """Which share of how much wanted varies maps miss; None where they are narrower."""
    return round(F.mse_loss(maps.float(), wanted.float()).item() / varies(wanted), 4) if maps.shape == wanted.shape else None


def teach(branch, stem, maps, kept_apart, options):
    """Teaches every step, the stem where asked; a last map that slim.py has made narrower has no target and stays. kept_apart are maps of samples that are
    not taught. Gives a line for each step: how much of what the teacher's output varies is missed."""
    whole = branch.steps[-1].conv.out_channels == maps.steps[-1].shape[1]
    shares, history = shares_of(branch.steps, stem, whole), []
    inputs, apart = maps.crops, kept_apart.crops
    for number, (step, share) in enumerate(zip(branch.steps, shares)):
        seconds, batches = 60 * options.minutes * share, 0
        if number == 0 and stem:
            batches = learn_stem(step, inputs, maps.steps[0], seconds, options.tries, options.stem_rate)
        elif seconds > 0:
            batches = learn_step(step, inputs, maps.steps[number], seconds, options.rate)
        inputs, apart = outputs(step, inputs), outputs(step, apart)
        maps.steps[number] = None  # the early maps take most of the memory
        history.append({"step": number, "batches": batches, "missed": missed(apart, kept_apart.steps[number])})
        print(json.dumps(history[-1]), flush=True)
    batches = learn_head(branch, inputs, maps.logits, 60 * options.minutes * shares[-1], options.rate)
    said, wanted = (clipped(logits, LIVE[branch.name]).numpy() for logits in (outputs(branch.logits, apart), kept_apart.logits))
    history.append({"step": "head", "batches": batches, "correlation": round(float(np.corrcoef(said, wanted)[0, 1]), 4)})
    print(json.dumps(history[-1]), flush=True)
    return history


def record(branch, options, shards, history):
    """Writes the branch and beside it what it was made with and of."""
    os.makedirs(options.out, exist_ok=True)
    with replacing(os.path.join(options.out, options.branch + ".pt")) as file:
        torch.save({"branch": branch.state_dict()}, file)
    with open(options.prepared) as file:
        pictures = {p["path"]: p["sha256"] for p in json.load(file)["pictures"]}
    settings = {name: value for name, value in vars(options).items() if name not in NO_SETTINGS}
    began = {"from_sha256": fingerprint(options.source)} if options.source else {}
    with replacing(os.path.join(options.out, options.branch + ".json"), "w") as file:
        json.dump({"branch": options.branch, **began, "settings": settings, "prepared_sha256": fingerprint(options.prepared), "torch": torch.__version__,
                   "pictures": pictures, "shards": [os.path.basename(s) for s in shards], "history": history}, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in FOLDERS:
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--branch", required=True, choices=list(LIVE))
    parser.add_argument("--from", dest="source", help="checkpoint or network to go on from")
    parser.add_argument("--minutes", type=float, required=True, help="of one core")
    parser.add_argument("--count", type=int, default=30, help="shards, the last of them to measure on")
    parser.add_argument("--each", type=int, required=True, help="samples of each shard")
    parser.add_argument("--skip", type=int, default=0, help="samples of each shard before them")
    parser.add_argument("--tries", type=int, default=10, help="beginnings of each channel of the stem")
    parser.add_argument("--stem-rate", type=float, default=1e-2)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.skip + options.each > SHARD:
        parser.error(f"--skip and --each: {options.skip} and {options.each}; a shard has {SHARD} samples")
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    teacher, generator = of_branch(options.branch, [options.peers, options.pack]), torch.Generator().manual_seed(options.seed)
    shards = shards_of(options.shards, options.count)
    if len(shards) < 2:
        raise SystemExit(f"--shards: number of shards in {options.shards}: {len(shards)}; at least 2 are needed, one of them to measure on")
    maps, kept_apart = (Maps(teacher, crops_of(some, options.branch, options.each, options.skip), CROPS * options.each * len(some), generator)
                        for some in (shards[:-1], shards[-1:]))
    branch, stem = beginning(options.branch, options.source, teacher)
    history = teach(branch.to(DEVICE), stem, maps, kept_apart, options)
    record(branch.cpu(), options, shards, history)


if __name__ == "__main__":
    main()

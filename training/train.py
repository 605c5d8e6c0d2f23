"""Trains the liveness network to the teachers' logits on shards that generate.py keeps writing.

Runs for a set time, so that a slow or busy machine gets a full learning-rate schedule too; checkpoints hold the averaged weights."""
import argparse
import copy
import glob
import hashlib
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import evaluate
from network import Liveness, from_published

CLIP = 8.0  # teachers' logits beyond carry no more information


class Samples:
    """A buffer of shards in memory; new shards come in first, old ones are drawn again at random."""

    def __init__(self, folder, held_out, capacity, rng):
        self.folder, self.held_out, self.capacity, self.rng = folder, held_out, capacity, rng
        self.loaded, self.seen = [], set()

    def refresh(self):
        """Takes in one shard: an unseen one where there is one."""
        names = sorted(glob.glob(os.path.join(self.folder, "*.npz")))
        names = [n for n in names if os.path.basename(n) not in self.held_out]
        unseen = [n for n in names if n not in self.seen]
        if not names or (not unseen and len(self.seen) <= len(self.loaded)):
            return
        name = unseen[0] if unseen else names[self.rng.integers(len(names))]
        self.seen.add(name)
        if len(self.loaded) >= self.capacity:
            self.loaded.pop(int(self.rng.integers(len(self.loaded))))
        self.loaded.append(read_shard(name))

    def batch(self, size):
        """near, wide (N×3×128×128 float32) and targets (N×teachers); mirrored half of the time."""
        shards = self.rng.integers(len(self.loaded), size=size)
        rows = [self.rng.integers(len(self.loaded[s]["logits"])) for s in shards]
        flips = self.rng.random(size) < 0.5
        views = []
        for view in ("near", "wide"):
            crops = [self.loaded[s][view][r] for s, r in zip(shards, rows)]
            crops = np.stack([c[:, ::-1] if flip else c for c, flip in zip(crops, flips)])
            views.append(as_input(crops))
        targets = np.stack([self.loaded[s]["logits"][r] for s, r in zip(shards, rows)])
        return *views, torch.from_numpy(targets).clamp(-CLIP, CLIP)


def as_input(crops):
    return torch.from_numpy(crops.transpose(0, 3, 1, 2)).float().contiguous(memory_format=torch.channels_last)


def read_shard(path):
    with np.load(path) as content:
        return {k: content[k] for k in ("near", "wide", "kind", "logits")}


def loss_of(output, target):
    """Each teacher's logit, and their mean, which is what is used."""
    return F.smooth_l1_loss(output, target) + 2 * F.smooth_l1_loss(output.mean(1), target.mean(1))


def learning_rate(progress, peak, warm_up=0.03):
    """Linear warm-up, then cosine to zero; progress 0..1."""
    if progress < warm_up:
        return peak * progress / warm_up
    return peak * 0.5 * (1 + np.cos(np.pi * (progress - warm_up) / (1 - warm_up)))


@torch.no_grad()
def update_average(average, network, decay):
    for a, b in zip(average.parameters(), network.parameters()):
        a.lerp_(b, 1 - decay)


@torch.no_grad()
def held_out_error(network, shard):
    """Mean absolute error of the mean logit, and its correlation with the teachers', on a shard not trained on."""
    cases = {"near": shard["near"], "wide": shard["wide"]}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = evaluate.score(network, cases)
    want = np.clip(shard["logits"], -CLIP, CLIP).mean(1)
    return float(np.abs(got - want).mean()), float(np.corrcoef(got, want)[0, 1])


def restore(path):
    network = Liveness()
    network.load_state_dict(torch.load(path, map_location="cpu")["network"])
    return network.eval()


def checkpoint(average, folder, record, line):
    record["history"].append(line)
    torch.save({"network": average.state_dict()}, os.path.join(folder, "last.pt.part"))
    os.replace(os.path.join(folder, "last.pt.part"), os.path.join(folder, "last.pt"))
    with open(os.path.join(folder, "record.json"), "w") as file:
        json.dump(record, file, indent=1)
    print(json.dumps(line), flush=True)


def run(options):
    rng = np.random.default_rng(options.seed)
    network = restore(options.resume) if options.resume else from_published(os.path.join(options.pack, "fr_liveness.onnx"), options.seed)
    network = network.to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0, weight_decay=options.weight_decay)
    held_out = os.path.basename(sorted(glob.glob(os.path.join(options.shards, "*.npz")))[0])
    shard = read_shard(os.path.join(options.shards, held_out))
    samples = Samples(options.shards, {held_out}, options.buffer, rng)
    cases = evaluate.load_cases(options.data, options.peers, options.pack, options.cases)
    choosing = {k: v[cases["half"] == 0] if v.shape[:1] == cases["half"].shape else v for k, v in cases.items()}
    record = describe(options)
    start, step, passes = time.time(), 0, 0
    while (progress := (time.time() - start) / (60 * options.minutes)) < 1:
        if step % options.refresh == 0 or len(samples.loaded) < 2:
            samples.refresh()
        if not samples.loaded:
            time.sleep(1)
            continue
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress, options.rate)
        near, wide, target = samples.batch(options.batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = network(near, wide)
        loss = loss_of(output.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.clip)
        optimizer.step()
        update_average(average, network, min(options.decay, (step + 1) / (step + 10)))
        step, passes = step + 1, passes + 2 * options.batch
        if step % options.every == 0:
            line = measure(average, shard, choosing) | {"step": step, "passes": passes, "seconds": round(time.time() - start),
                                                        "shards": len(samples.seen), "loss": round(loss.item(), 3)}
            checkpoint(average, options.out, record, line)
    line = measure(average, shard, choosing) | {"step": step, "passes": passes, "seconds": round(time.time() - start), "shards": len(samples.seen)}
    checkpoint(average, options.out, record, line)


def measure(average, shard, choosing):
    """Only the choosing half is looked at while training."""
    error, correlation = held_out_error(average, shard)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        values = evaluate.score(average, choosing)
    everywhere = np.ones(len(values), bool)
    found = evaluate.figures(choosing, values, everywhere)
    return {"error": round(error, 3), "correlation": round(correlation, 4),
            "auc": {k: round(v["auc"], 4) for k, v in found.items()}, "fidelity": round(evaluate.fidelity(choosing, values, everywhere), 4)}


def describe(options):
    with open(options.prepared, "rb") as file:
        content = file.read()
    settings = {name: value for name, value in vars(options).items() if not isinstance(value, str)}
    pictures = {p["path"]: p["sha256"] for p in json.loads(content)["pictures"]}
    return {"settings": settings, "prepared_sha256": hashlib.sha256(content).hexdigest(), "torch": torch.__version__,
            "pictures": pictures, "history": []}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "peers", "pack", "prepared", "shards", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--cases", help="file that keeps the evaluation crops between calls")
    parser.add_argument("--resume", help="checkpoint to start from instead of the published weights")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.998, help="of the averaged weights")
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    parser.add_argument("--clip", type=float, default=5.0, help="of the gradient's norm")
    parser.add_argument("--buffer", type=int, default=24, help="shards in memory")
    parser.add_argument("--refresh", type=int, default=12, help="steps between shards")
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    os.makedirs(options.out, exist_ok=True)
    run(options)


if __name__ == "__main__":
    main()

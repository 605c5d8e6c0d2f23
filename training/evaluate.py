"""Measures networks on data/pad: AUC and EER per source and pooled, BPCER at one threshold, fidelity to the teachers.

data/pad is never trained on. Its sources are split into a half for choosing and a half for reporting by a hash of the source's
name, so that the live and attack pictures of one camera stay together. Not so the single pictures of CelebA-Spoof, of which neither camera nor session
is known: each is a group of its own, and prints and masks of one session stand in both halves. The paired intervals take them for independent and are
somewhat too narrow."""
import argparse
import csv
import hashlib
import json
import os

import cv2
import numpy as np
import torch

from faces import FaceFinder
from files import read_picture, replacing
from generate import VIEWS, student_crops
from network import CLIP, LIVE, SHARES, live_logit, restored
from teachers import OF_BRANCH, TEACHERS, Teachers

HALVES = ("choosing", "reporting")
DEFAULT = "fr_liveness, two crops averaged"  # what networks are compared with
CELEBA = "CelebA-Spoof sample"
CAMERAS = ("wide", "far")  # the branches whose teachers are the better judges of cameras


def source_of(row):
    """The camera set of a picture: clips are listed as owner/repository with an optional /live or /spoof."""
    source = row["source"]
    for ending in ("/live", "/spoof"):
        source = source.removesuffix(ending)
    return source.split(" (")[0]


def half_of(row):
    """0: choosing, 1: reporting."""
    source = source_of(row)
    key = row["group"] if source in (CELEBA, "minivision samples") else source
    return hashlib.sha256(key.encode()).digest()[0] % 2


# Folders of other real pictures, whose faces serve to see how faithful a branch is beyond pad/; no label of theirs is used.
OTHERS = ("masks", "mouth", "boxes", "landmarks")


def prepare(data, peers, pack):
    """Crops (N×side×side×3 a view), labels, groups and teachers' logits of every picture of data/pad with a face, and the crops and logits of
    OTHERS (half 2)."""
    finder = FaceFinder(os.path.join(peers, "yunet_2023mar_320.onnx"))
    kept, pictures, without = [], [], 0
    for folder in ("pad", *OTHERS):
        with open(os.path.join(data, folder, "manifest.csv")) as manifest:
            rows = list(csv.DictReader(manifest))
        for row in rows:
            image = read_picture(os.path.join(data, folder, row["path"]))
            box = finder.largest(image)
            if box is None:
                without += folder == "pad"
                continue
            pictures.append((image, box))
            other = {"label": "", "half": 2, "source": folder, "group": folder + "/" + row["path"]}
            pad = folder == "pad"
            kept.append({"label": row["label"], "half": half_of(row), "source": source_of(row), "group": row["group"]} if pad else other)
    views = [student_crops(image, box) for image, box in pictures]
    teachers = Teachers([peers, pack])
    logits = [teachers.score(pictures[i : i + 16]) for i in range(0, len(pictures), 16)]
    columns = {"live": np.array([r["label"] == "live" for r in kept])}
    columns |= {name: np.array([r[name] for r in kept]) for name in ("half", "source", "group")}
    columns |= {name: np.stack([v[name] for v in views]) for name in VIEWS}
    return columns | {"teachers": np.concatenate(logits), "without_face": np.array(without)}


def weights(groups):
    """One over the size of each case's group: a clip counts as one sample, however many of its frames there are."""
    _, number, size = np.unique(groups, return_inverse=True, return_counts=True)
    return 1 / size[number]


def auc(values, live, weight):
    """The weighted share of (live, attack) pairs in the right order, ties half; NaN where a class is empty."""
    if live.all() or not live.any():
        return float("nan")
    difference = values[live][:, None] - values[~live][None]
    won = (difference > 0) + 0.5 * (difference == 0)
    return float(weight[live] @ won @ weight[~live] / (weight[live].sum() * weight[~live].sum()))


def eer(values, live, weight):
    """The weighted error rate where APCER and BPCER meet, in %."""
    thresholds = np.unique(values)
    bpcer = np.array([weight[live & (values < t)].sum() for t in thresholds]) / weight[live].sum()
    apcer = np.array([weight[~live & (values >= t)].sum() for t in thresholds]) / weight[~live].sum()
    at = np.abs(apcer - bpcer).argmin()
    return float(50 * (apcer[at] + bpcer[at]))


def two_class_sources(cases, inside):
    """Sources with live pictures and attacks of the same camera."""
    names = np.unique(cases["source"][inside])
    labels = {n: cases["live"][inside & (cases["source"] == n)] for n in names}
    return [n for n in names if labels[n].any() and not labels[n].all()]


def figures(cases, values, inside):
    """AUC and EER of each source, the mean AUC over sources, and all sources pooled at one threshold."""
    weight = weights(cases["group"])
    members = {str(n): inside & (cases["source"] == n) for n in two_class_sources(cases, inside)} | {"pooled": inside}
    out = {}
    for name, member in members.items():
        arguments = values[member], cases["live"][member], weight[member]
        out[name] = {"auc": auc(*arguments), "eer_percent": eer(*arguments)}
    out["mean"] = {"auc": float(np.mean([f["auc"] for n, f in out.items() if n != "pooled"]))}
    return out


def bpcer_by_source(cases, values, inside, threshold):
    """BPCER in % of every source with live pictures."""
    out = {}
    for source in np.unique(cases["source"][inside]):
        live = values[inside & cases["live"] & (cases["source"] == source)]
        if len(live):
            out[str(source)] = float(100 * (live < threshold).mean())
    return out


def fidelity(values, wanted, inside):
    """Correlation with what the teachers give."""
    return float(np.corrcoef(values[inside], wanted[inside])[0, 1])


def paired_intervals(cases, values, baseline, inside, rounds=1000, seed=0):
    """Differences to the baseline as (mean, 2.5 %, 97.5 %): of the pooled AUC by a bootstrap over groups, of the mean AUC over
    sources by a bootstrap over sources; the same draws for both networks."""
    rng = np.random.default_rng(seed)
    groups = np.unique(cases["group"][inside])
    members = [np.flatnonzero(inside & (cases["group"] == g)) for g in groups]
    weight = weights(cases["group"])
    pooled = []
    for _ in range(rounds):
        drawn = np.concatenate([members[i] for i in rng.integers(len(groups), size=len(groups))])
        live, w = cases["live"][drawn], weight[drawn]
        pooled.append(auc(values[drawn], live, w) - auc(baseline[drawn], live, w))
    ours, theirs = figures(cases, values, inside), figures(cases, baseline, inside)
    each = np.array([ours[n]["auc"] - theirs[n]["auc"] for n in two_class_sources(cases, inside)])
    means = each[rng.integers(len(each), size=(rounds, len(each)))].mean(1)
    return {name: [float(np.mean(d)), *(float(v) for v in np.percentile(d, [2.5, 97.5]))]
            for name, d in (("pooled", np.array(pooled)), ("mean", means))}


@torch.no_grad()
def score_branch(branch, crops, batch=64):
    """A branch's live logit of every crop (N×side×side×3 uint8)."""
    parts = torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2))).split(batch)
    return torch.cat([live_logit(branch(x.float().contiguous(memory_format=torch.channels_last)), LIVE[branch.name]) for x in parts]).numpy()


def score_alone(branches, cases):
    """Each branch's live logit of every case, clipped, by name."""
    return {name: np.clip(score_branch(b, cases[name]), -CLIP, CLIP) for name, b in branches.items()}


def by_shares(logits):
    """The network's live logit, of its branches' clipped ones by name."""
    return sum(SHARES[name] * values for name, values in logits.items())


def clipped_teachers(cases):
    """The clipped live logits of every case by the TEACHERS' names."""
    return dict(zip(TEACHERS, np.clip(cases["teachers"], -CLIP, CLIP).T))


def of_each_teacher(cases):
    """What the teacher of each branch gives, by the branches' names."""
    logits = clipped_teachers(cases)
    return {name: logits[teacher] for name, teacher in OF_BRANCH.items()}


def restore(path):
    """The branches, by name, that a training run has left in a folder or that are in the network that export.py wrote."""
    return {name: restored(name, path).eval() for name in VIEWS}


def baselines(cases):
    logits = clipped_teachers(cases)
    taught = by_shares(of_each_teacher(cases))
    values = {
        DEFAULT: (logits["fr_1.5"] + logits["fr_2.7"]) / 2,
        "MiniFASNetV2 + V1SE": (logits["v2"] + logits["v1se"]) / 2,
        "the branches' teachers": taught,
        **{f"the teacher of {name} alone": logits[teacher] for name, teacher in OF_BRANCH.items()},
    }
    return {name: (each, taught) for name, each in values.items()}


def of_network(name, branches, cases):
    """The live logit of every case and what the teachers give there: of the network, of each of its branches alone, and of the mean of CAMERAS."""
    alone, taught = score_alone(branches, cases), of_each_teacher(cases)
    mean = tuple(sum(logits[branch] for branch in CAMERAS) / len(CAMERAS) for logits in (alone, taught))
    return ({name: (by_shares(alone), by_shares(taught))} | {f"{name}, {branch} alone": (alone[branch], taught[branch]) for branch in alone}
            | {f"{name}, {' and '.join(CAMERAS)}": mean})


def report(cases, scores):
    """Figures of every scored network on both halves; the threshold lets 5 % of the choosing half's live pictures fail. scores: live logits and what
    the teachers give, by name."""
    base, _ = scores[DEFAULT]
    out = {}
    for name, (values, wanted) in scores.items():
        threshold = float(np.quantile(values[(cases["half"] == 0) & cases["live"]], 0.05))
        out[name] = {"threshold": threshold, "others": {"fidelity": fidelity(values, wanted, cases["half"] == 2)}}
        for number, half in enumerate(HALVES):
            inside = cases["half"] == number
            out[name][half] = {
                "figures": figures(cases, values, inside),
                "over_default": paired_intervals(cases, values, base, inside),
                "bpcer_percent": bpcer_by_source(cases, values, inside, threshold),
                "fidelity": fidelity(values, wanted, inside),
            }
    return out


def show(results):
    for name, result in results.items():
        print(f"{name}, other pictures: fidelity {result['others']['fidelity']:.4f}")
        for half in HALVES:
            r = result[half]
            print(f"{name}, {half} half: fidelity {r['fidelity']:.4f}")
            print("  AUC    " + ", ".join(f"{short(n)} {f['auc']:.4f}" for n, f in r["figures"].items()))
            print("  over the default  " + ", ".join(f"{n} {m:+.4f} [{low:+.4f}, {high:+.4f}]" for n, (m, low, high) in r["over_default"].items()))
            print(f"  BPCER % at {result['threshold']:.2f}: " + ", ".join(f"{short(s)} {v:.0f}" for s, v in r["bpcer_percent"].items()))


def short(source):
    return source.split("/")[0]


def load_cases(data, peers, pack, cache=None):
    if cache and os.path.exists(cache):
        return dict(np.load(cache))
    cases = prepare(data, peers, pack)
    if cache:
        with replacing(cache) as file:
            np.savez(file, **cases)
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--pack", required=True)
    parser.add_argument("--cache", help="file that keeps the crops between calls")
    parser.add_argument("--run", nargs="*", default=[], help="folders with a checkpoint of every branch, or networks that export.py wrote")
    parser.add_argument("--out", help="JSON file for the figures")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if len(set(options.run)) < len(options.run):
        parser.error(f"--run: {' '.join(options.run)}: each network may be named once")
    cases = load_cases(options.data, options.peers, options.pack, options.cache)
    print(f"{cases['without_face']} pictures of pad/ are left out, no face was found in them")
    scores = baselines(cases)
    for path in options.run:
        scores |= of_network(path, restore(path), cases)
    results = report(cases, scores)
    show(results)
    if options.out:
        with replacing(options.out, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()

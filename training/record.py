"""Puts what a training has left about itself into one file: how every branch was taught at first and again and what its steps miss, what slim.py left out,
the data list with hashes, the figures and the network's SHA-256. What all branches have in common is said once; where it differs, or a checkpoint is not of the one
before it, nothing is written."""
import argparse
import json
import os

from files import fingerprint, replacing
from network import LIVE

COMMON = ("pictures", "shards", "prepared_sha256", "torch")
BEFORE = {"slim": "first", "run": "slim"}  # which folder's checkpoints those of a folder go on from


def collected(folder):
    """The record of the training in folder, as the Makefile's OUT."""
    out = {"network_sha256": fingerprint(os.path.join(folder, "liveness.onnx"))}
    for part in ("first", "slim", "run"):
        out[part] = {branch: _of_branch(folder, part, branch, out) for branch in LIVE}
    figures = _read(folder, "figures.json")
    return out | {"figures": {name.replace(folder.rstrip("/") + "/", ""): value for name, value in figures.items()}}


def _of_branch(folder, part, branch, out):
    about = _read(folder, part, branch + ".json")
    before = os.path.join(folder, BEFORE.get(part, ""), branch + ".pt")
    if part in BEFORE and about["from_sha256"] != fingerprint(before):
        raise SystemExit(f"{part}/{branch}.json is of another checkpoint than {before}")
    for name in () if part == "slim" else COMMON:
        if out.setdefault(name, about[name]) != about[name]:
            raise SystemExit(f"{part}/{branch}.json has other {name} than those before it")
        del about[name]
    return about


def _read(*path):
    with open(os.path.join(*path)) as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="folder with first/, slim/, run/, liveness.onnx and figures.json")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    with replacing(options.out, "w") as file:
        json.dump(collected(options.run), file, indent=1)


if __name__ == "__main__":
    main()

"""Simulates scenes, captures them and writes shards of samples until stopped.

A shard is an .npz of SHARD samples: one array a view (VIEWS: N×CROPS×side×side×3 uint8 BGR crops) and kind (0 live, 1 paper, 2 screen).
Fresh scenes every time: no sample is made twice."""
import argparse
import json
import os
import time

import cv2
import numpy as np

import crops
import scenes
from backgrounds import Backgrounds, of_places
from camera import capture, well_captured
from cutout import mattes_beside
from files import fingerprint, read_picture, replacing

SHARD = 512
# The views that the network sees, one a branch. name: (crop rule, scale of the box, side in pixels)
VIEWS = {"near": (crops.square, 1.5, 128), "wide": (crops.window, 2.7, 80), "far": (crops.window, 4.0, 80)}
KINDS = ("live", "paper", "screen")
SHARES = (0.46, 0.24, 0.30)
CROPS = 2  # of each sample: its picture, and a good picture of the same scene
POOR = 2  # samples by poor cameras for one by a good one, of each scene
PLACEMENT = 0.04  # by how much a detector's box differs from picture to picture of a face: standard deviation of a side, in widths and heights
FARTHEST, SMALLEST = 0.35, 40  # a poor camera may see a face at this share of its size, but not under so many pixels
CASUAL = 0.3  # share of scenes made from faces/, which shows more lights, poses and places than portraits/


def student_crops(image, box):
    """The views that the network sees, by name."""
    return {name: rule(image, box, scale, side) for name, (rule, scale, side) in VIEWS.items()}


def sample(rng, portraits, backgrounds):
    """One scene through a good camera and POOR others: a list of (CROPS times what student_crops gives, kind). portraits: lists by folder."""
    of_folder = portraits["faces" if rng.random() < CASUAL else "portraits"]
    portrait = of_folder[int(rng.integers(len(of_folder)))]
    kind = int(rng.choice(len(KINDS), p=SHARES))
    largest = min(230, max(75, 1.7 * portrait.face_width()))
    face_width = float(np.exp(rng.uniform(np.log(50), np.log(largest))))
    scene, at = scenes.compose(rng, portrait, KINDS[kind], face_width, backgrounds)
    good = well_captured(rng, scene)
    taken = [(good, at)] + [_by_a_poor_camera(rng, scene, at, face_width) for _ in range(POOR)]
    made = []
    for image, face in taken:
        places = [(image, _jittered(rng, face, image.shape)), (good, moved(rng, at, good.shape))]
        made.append(([student_crops(*place) for place in places], kind))
    return made


def _by_a_poor_camera(rng, scene, box, face_width):
    """The picture and the box in it; half of them from farther away."""
    k = max(rng.uniform(FARTHEST, 1), SMALLEST / face_width) if rng.random() < 0.5 else 1
    if k != 1:
        scene = cv2.resize(scene, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    return capture(rng, scene, face_width * k), box * k


def _jittered(rng, box, shape):
    """The box as a detector may place it; one in ten far off, which shows the teachers' answers to more than faces."""
    return moved(rng, box, shape, 0.03 if rng.random() < 0.9 else 0.2)


def moved(rng, box, shape, deviation=PLACEMENT):
    """The box with each side moved by a share of its width or height, inside the picture."""
    w, h = box[2] - box[0], box[3] - box[1]
    box = box + rng.normal(0, deviation, 4) * [w, h, w, h]
    box = np.concatenate([np.minimum(box[:2], box[2:] - [0.3 * w, 0.3 * h]), np.maximum(box[2:], box[:2] + [0.3 * w, 0.3 * h])])
    height, width = shape[:2]
    low, high = np.array([0, 0, 4, 4]), np.array([width - 5, height - 5, width - 1, height - 1])
    return np.clip(box, low, high)


def load(prepared, data):
    """The portraits that prepare.py found a face in, by folder. They must be as they were then: boxes and mattes are of those files."""
    with open(prepared) as file:
        listed = json.load(file)["pictures"]
    portraits = {}
    with np.load(mattes_beside(prepared)) as mattes:
        for p in listed:
            path = os.path.join(data, p["path"])
            picture = read_picture(path)
            if fingerprint(path) != p["sha256"]:
                raise SystemExit(f"{path}: not the file that {prepared} was made of (SHA-256 {p['sha256']}): empty the folder and prepare anew")
            person = cv2.resize(mattes[p["path"]], picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
            portraits.setdefault(p["path"].split("/")[0], []).append(scenes.Portrait(picture, np.array(p["box"]), person))
    return portraits


def shard(rng, portraits, backgrounds):
    out = {name: np.empty((SHARD, CROPS, side, side, 3), np.uint8) for name, (_, _, side) in VIEWS.items()}
    out["kind"] = np.empty(SHARD, np.uint8)
    made = []
    while len(made) < SHARD:
        made += sample(rng, portraits, backgrounds)
    for i, (crops_of, kind) in enumerate(made[:SHARD]):
        for name in VIEWS:
            out[name][i] = [views[name] for views in crops_of]
        out["kind"][i] = kind
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--prepared", required=True)
    parser.add_argument("--out", required=True, help="folder for the shards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shards", type=int, default=10**6)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    os.makedirs(options.out, exist_ok=True)
    portraits = load(options.prepared, options.data)
    backgrounds = Backgrounds([portrait.picture for listed in portraits.values() for portrait in listed], *of_places())
    for number in range(options.shards):
        name = os.path.join(options.out, f"{options.seed:03d}-{number:05d}.npz")
        if os.path.exists(name):
            continue
        start = time.time()
        content = shard(np.random.default_rng([options.seed, number]), portraits, backgrounds)
        with replacing(name) as file:
            np.savez(file, **content)
        print(f"{name} {time.time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()

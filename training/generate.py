"""Simulates scenes, captures them, scores them with the teachers and writes shards of samples until stopped.

A shard is an .npz of SHARD samples: near and wide (N×128×128×3 uint8 BGR crops by the two rules), logits (N×teachers, float32)
and kind (0 live, 1 paper, 2 screen). Fresh scenes every time: no sample is made twice."""
import argparse
import json
import os
import time

import cv2
import numpy as np
import torch

import crops
import scenes
from camera import capture
from teachers import Teachers

SHARD = 512
SIDE = 128
NEAR, WIDE = 1.5, 2.7
KINDS = ("live", "paper", "screen")
SHARES = (0.46, 0.24, 0.30)
CAPTURES = 2  # cameras per scene
CASUAL = 0.3  # share of scenes made from faces/, which shows more lights, poses and places than portraits/


def student_crops(image, box):
    """The two views the network sees."""
    return crops.square(image, box, NEAR, SIDE), crops.window(image, box, WIDE, SIDE)


def sample(rng, pictures, pool):
    """One scene through CAPTURES cameras: a list of (image, box, kind). pictures: lists of (image, box) by folder."""
    of_folder = pictures["faces" if rng.random() < CASUAL else "portraits"]
    portrait, box = of_folder[int(rng.integers(len(of_folder)))]
    kind = int(rng.choice(len(KINDS), p=SHARES))
    largest = min(230, max(75, 1.7 * (box[2] - box[0])))
    face_width = float(np.exp(rng.uniform(np.log(50), np.log(largest))))
    image, at = scenes.compose(rng, portrait, box, KINDS[kind], face_width, pool)
    taken = []
    for _ in range(CAPTURES):
        taken.append((capture(rng, image, face_width), _jittered(rng, at, image.shape), kind))
    return taken


def _jittered(rng, box, shape):
    w, h = box[2] - box[0], box[3] - box[1]
    box = box + rng.normal(0, 0.03, 4) * [w, h, w, h]
    height, width = shape[:2]
    low, high = np.array([0, 0, 4, 4]), np.array([width - 5, height - 5, width - 1, height - 1])
    return np.clip(box, low, high)


def load(prepared, data):
    with open(prepared) as file:
        listed = json.load(file)["pictures"]
    pictures = {}
    for p in listed:
        pictures.setdefault(p["path"].split("/")[0], []).append((cv2.imread(os.path.join(data, p["path"])), p["box"]))
    return pictures


def shard(rng, pictures, pool, teachers):
    taken, logits = [], []
    near = np.empty((SHARD, SIDE, SIDE, 3), np.uint8)
    wide = np.empty_like(near)
    kinds = np.empty(SHARD, np.uint8)
    for i in range(0, SHARD, CAPTURES):
        for j, (image, box, kind) in enumerate(sample(rng, pictures, pool)):
            near[i + j], wide[i + j] = student_crops(image, box)
            kinds[i + j] = kind
            taken.append((image, box))
        if len(taken) >= 32:
            logits.append(teachers.score(taken))
            taken = []
    return {"near": near, "wide": wide, "kind": kinds, "logits": np.concatenate(logits)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--pack", required=True, help="folder of fr_liveness.onnx")
    parser.add_argument("--prepared", required=True)
    parser.add_argument("--out", required=True, help="folder for the shards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shards", type=int, default=10**6)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    os.makedirs(options.out, exist_ok=True)
    pictures = load(options.prepared, options.data)
    pool = [picture for listed in pictures.values() for picture, _ in listed]
    teachers = Teachers([options.peers, options.pack])
    for number in range(options.shards):
        name = os.path.join(options.out, f"{options.seed:03d}-{number:05d}.npz")
        if os.path.exists(name):
            continue
        start = time.time()
        content = shard(np.random.default_rng([options.seed, number]), pictures, pool, teachers)
        with open(name + ".part", "wb") as file:
            np.savez(file, **content)
        os.replace(name + ".part", name)
        print(f"{name} {time.time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()

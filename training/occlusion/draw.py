"""Draws occlusions and look-alikes of occlusions over portraits.

usage: draw.py PORTRAITS LANDMARKS.jsonl OUT [VARIANTS] [SEED]

PORTRAITS is a folder of pictures, LANDMARKS.jsonl what `align` found in it. OUT receives JPEG files and labels.jsonl with one
line a file: {"file", "person", "kind", "covered": [left eye, right eye, nose, mouth]}, each the covered share 0..1 of that region.
"person" is the SHA-256 of the portrait's file: some portraits are there under two names.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import occluders
import photography

SIDE = 192           # side of the drawn picture
HULL = 0.5           # share of it that the landmarks' hull spans
VARIANTS = {         # how often each is drawn
    occluders.nothing: 0.16,
    occluders.lookalike: 0.26,
    occluders.mask: 0.24,
    occluders.scarf: 0.07,
    occluders.hand: 0.09,
    occluders.sunglasses: 0.11,
    occluders.thing: 0.07,
}


def load_face(path, points, rng):
    """The square round a face, its landmarks in it."""
    image = Image.open(path).convert("RGB")
    low, high = points.min(0), points.max(0)
    side = (high - low).max() / HULL
    left, top = (low + high) / 2 - side / 2
    grey = tuple(int(v) for v in rng.integers(0, 255, 3))
    square = Image.new("RGB", (int(side), int(side)), grey)
    square.paste(image, (-int(left), -int(top)))
    face = square.resize((SIDE, SIDE), Image.BICUBIC)
    return np.asarray(face), (points - [int(left), int(top)]) * SIDE / int(side)


def polygon(points):
    image = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(image).polygon([tuple(p) for p in points], fill=255)
    return np.asarray(image, float) / 255


def regions(points):
    """What each label stands for: the eyes with their lids, the tip of the nose, the lips."""
    def ellipse(centre, rx, ry):
        angles = np.linspace(0, 2 * np.pi, 24)
        return polygon(np.stack([centre[0] + rx * np.cos(angles), centre[1] + ry * np.sin(angles)], 1))
    masks = []
    for eye in (points[36:42], points[42:48]):
        width = np.ptp(eye[:, 0])
        masks.append(ellipse(eye.mean(0), 0.65 * width, 0.4 * width))
    nose = points[27:36]
    masks.append(ellipse((points[30] + points[33]) / 2, 0.5 * np.ptp(nose[:, 0]), 0.3 * np.ptp(nose[:, 1])))
    lips = points[48:60]
    masks.append(ellipse(lips.mean(0), 0.5 * np.ptp(lips[:, 0]), max(0.55 * np.ptp(lips[:, 1]), 5)))
    return masks


def draw_one(face, points, others, rng):
    kinds = list(VARIANTS)
    weights = np.array(list(VARIANTS.values()))
    kind = kinds[rng.choice(len(kinds), p=weights / weights.sum())]
    layers = kind(rng, face, points, others)
    cover = np.zeros((SIDE, SIDE))
    face = face.astype(float)
    for layer in layers:
        face = face * (1 - layer.alpha[..., None]) + layer.colour * layer.alpha[..., None]
        if layer.hides:
            cover = np.maximum(cover, layer.alpha > 0.6)
    covered = [float((cover * r).sum() / max(r.sum(), 1)) for r in regions(points)]
    return kind.__name__, np.clip(face, 0, 255), covered


def main():
    folder, landmarks, out = map(Path, sys.argv[1:4])
    variants = int(sys.argv[4]) if len(sys.argv) > 4 else 6
    rng = np.random.default_rng(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    out.mkdir(parents=True, exist_ok=True)
    faces = []
    for line in landmarks.read_text().splitlines():
        record = json.loads(line)
        face, points = load_face(folder / record["file"], np.array(record["points"]), rng)
        person = hashlib.sha256((folder / record["file"]).read_bytes()).hexdigest()
        faces.append((Path(record["file"]).stem, person, face, points))
    others = [face for _, _, face, _ in faces]
    with open(out / "labels.jsonl", "w") as labels:
        for stem, person, face, points in faces:
            for i in range(variants):
                if rng.random() < 0.5:
                    drawn = face[:, ::-1].copy(), occluders.mirrored(points, SIDE)
                else:
                    drawn = face, points
                kind, picture, covered = draw_one(*drawn, others, rng)
                covered = covered if kind != "nothing" else [0.0] * 4
                name = f"{stem}-{i}.jpg"
                photography.save(rng, picture, out / name)
                labels.write(json.dumps({"file": name, "person": person, "kind": kind, "covered": covered}) + "\n")


if __name__ == "__main__":
    main()

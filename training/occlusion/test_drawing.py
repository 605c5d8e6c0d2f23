"""python3 -m unittest in this folder: what is drawn covers what it should, whatever the seed."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image

import draw
import occluders
import textures

ANGLES = np.linspace(np.pi, 0, 17)


def landmarks():
    """A frontal face of ellipses in iBUG order, 96 pixels wide."""
    def ring(x, y, rx, ry, n, start=np.pi):
        a = start - np.linspace(0, 2 * np.pi, n, endpoint=False)
        return np.stack([x + rx * np.cos(a), y - ry * np.sin(a)], 1)
    jaw = np.stack([96 + 48 * np.cos(ANGLES), 80 + 60 * np.sin(ANGLES)], 1)
    brows = np.concatenate([np.stack([np.linspace(55, 85, 5), np.full(5, 66)], 1), np.stack([np.linspace(107, 137, 5), np.full(5, 66)], 1)])
    bridge = np.stack([np.full(4, 96), np.linspace(78, 102, 4)], 1)
    nostrils = np.stack([np.linspace(86, 106, 5), np.full(5, 106)], 1)
    return np.concatenate([jaw, brows, bridge, nostrils, ring(72, 80, 8, 4, 6), ring(120, 80, 8, 4, 6),
                           ring(96, 122, 18, 7, 12), ring(96, 122, 14, 3, 8)]).astype(float)


def covered(kind, seed):
    rng = np.random.default_rng(seed)
    points = landmarks()
    face = textures.smooth_noise(rng, draw.SIDE, 20)[..., None] * 20 + np.array([190.0, 150, 130])
    cover = np.zeros((draw.SIDE, draw.SIDE))
    for layer in kind(rng, face, points, [face]):
        if layer.hides:
            cover = np.maximum(cover, layer.alpha > 0.6)
    return [(cover * r).sum() / r.sum() for r in draw.regions(points)]


class Drawing(unittest.TestCase):
    def test_masks_hide_the_mouth_and_no_eye(self):
        # One mask in twelve comes with dark glasses: most, not all, leave the eyes free.
        shares = np.array([covered(occluders.mask, seed) for seed in range(30)])
        self.assertTrue((shares[:, 3] > 0.95).all(), shares[:, 3])
        self.assertGreater((shares[:, :2].max(1) < 0.1).mean(), 0.7)

    def test_dark_glasses_hide_both_eyes_and_no_mouth(self):
        for seed in range(30):
            left, right, nose, mouth = covered(occluders.sunglasses, seed)
            self.assertGreater(min(left, right), 0.6, seed)
            self.assertLess(nose, 0.4, seed)
            self.assertEqual(mouth, 0, seed)

    def test_lookalikes_hide_nothing(self):
        for seed in range(30):
            self.assertEqual(covered(occluders.lookalike, seed), [0, 0, 0, 0], seed)

    def test_a_mirror_image_has_its_landmarks_in_order(self):
        points = landmarks()
        np.testing.assert_allclose(occluders.mirrored(occluders.mirrored(points, 192), 192), points)
        np.testing.assert_allclose(occluders.mirrored(points, 192), points, atol=1e-9)

    def test_a_portrait_under_two_names_is_one_person(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for name, shade in {"a.jpg": 90, "b.jpg": 150, "c.jpg": 90}.items():
                Image.new("RGB", (192, 192), (shade, shade, shade)).save(folder / name)
            listed = [json.dumps({"file": name, "points": landmarks().tolist()}) for name in ("a.jpg", "b.jpg", "c.jpg")]
            (folder / "faces.jsonl").write_text("\n".join(listed))
            with mock.patch.object(sys, "argv", ["draw.py", str(folder), str(folder / "faces.jsonl"), str(folder / "drawn"), "1"]):
                draw.main()
            drawn = [json.loads(line) for line in (folder / "drawn" / "labels.jsonl").read_text().splitlines()]
        self.assertEqual(["a-0.jpg", "b-0.jpg", "c-0.jpg"], [picture["file"] for picture in drawn])
        a, b, c = [picture["person"] for picture in drawn]
        self.assertEqual(a, c)
        self.assertNotEqual(a, b)


if __name__ == "__main__":
    unittest.main()

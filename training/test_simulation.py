"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import itertools
import json
import os
import tempfile
import unittest
from unittest import mock

import cv2
import numpy as np

import camera
import crops
import cutout
import generate
import scenes
from backgrounds import Backgrounds
from files import fingerprint
from generate import moved


def gradient(height, width):
    """A picture whose blue and green channels are the column and row."""
    y, x = np.mgrid[0:height, 0:width]
    return np.dstack([x, y, np.zeros_like(x)]).astype(np.uint8)


class Crops(unittest.TestCase):
    def test_square_is_centred_and_scaled_by_the_longer_side(self):
        view = crops.square(gradient(200, 200), (80, 60, 120, 140), 1.5, 120)
        self.assertEqual((40, 40), tuple(view[0, 0, :2]))
        self.assertEqual((159, 159), tuple(view[-1, -1, :2]))

    def test_square_reflects_outside(self):
        view = crops.square(gradient(100, 100), (0, 30, 40, 70), 1.5, 60)
        self.assertEqual(view[30, 9, 0], view[30, 11, 0])

    def test_window_is_moved_inside(self):
        view = crops.window(gradient(200, 200), (0, 0, 35, 57), 2.7, 80)
        self.assertLess(int(view[0, 0].max()), 2)

    def test_window_shrinks_to_a_small_picture(self):
        view = crops.window(gradient(100, 100), (10, 10, 90, 90), 2.7, 80)
        self.assertGreater(int(view[..., 0].max()), 95)


BOX = (50, 50, 120, 140)


def sitter(picture):
    return scenes.Portrait(picture, np.array(BOX), (255 * cutout.outline(picture.shape, BOX)).astype(np.uint8))


class Simulation(unittest.TestCase):
    def test_scenes_repeat_and_hold_the_face(self):
        portrait = sitter(np.random.default_rng(0).integers(0, 255, (220, 180, 3), dtype=np.uint8))
        places = Backgrounds([portrait.picture])
        for kind, seed in itertools.product(("live", "paper", "screen"), range(8)):
            made = [scenes.compose(np.random.default_rng(seed), portrait, kind, 90.0, places) for _ in range(2)]
            np.testing.assert_array_equal(made[0][0], made[1][0], kind)
            image, box = made[0]
            self.assertGreater(box[2] - box[0], 45, kind)
            self.assertTrue(0 <= (box[0] + box[2]) / 2 <= image.shape[1], kind)
            self.assertEqual(image.shape, camera.capture(np.random.default_rng(4), image, 90.0).shape, kind)

    def test_a_person_is_cut_out_of_a_studio(self):
        studio = np.full((220, 180, 3), (160, 90, 60), np.uint8)
        person = cutout.outline(studio.shape, BOX)
        inside = cv2.erode(person, None, iterations=4) > 0
        studio[person > 0] = (90, 130, 200)
        studio = np.clip(studio + np.random.default_rng(1).normal(0, 6, studio.shape), 0, 255).astype(np.uint8)
        for picture, box in ((studio, BOX), (cv2.resize(studio, None, fx=2, fy=2), [2 * v for v in BOX])):
            matte = cv2.resize(cutout.matte(picture, box), (180, 220))
            self.assertGreater(matte[inside].mean(), 245)
            self.assertLess(matte[cv2.dilate(person, None, iterations=4) == 0].mean(), 10)

    def test_behind_a_person_is_another_place(self):
        portrait = sitter(np.full((220, 180, 3), (0, 0, 250), np.uint8))
        green = mock.Mock(**{"random.side_effect": lambda rng, height, width: np.full((height, width, 3), (0, 250, 0), np.uint8)})
        for seed in range(20):
            image, (left, top, right, bottom) = scenes._elsewhere(np.random.default_rng(seed), portrait, 80.0, green)
            face = image[int(top) + 20 : int(bottom) - 20, int(left) + 20 : int(right) - 20].reshape(-1, 3).mean(0)
            corner = max(image[0, 0], image[0, -1], key=lambda pixel: pixel[1]).astype(float)
            self.assertGreater(face[2], 10 * face[1] + 20, seed)
            self.assertGreater(corner[1], 10 * corner[2] + 20, seed)

    def test_backgrounds_have_the_size_asked_for(self):
        rng = np.random.default_rng(2)
        pictures = [rng.integers(0, 255, shape, dtype=np.uint8) for shape in ((120, 90, 3), (64, 128, 3), (150, 100, 3))]
        of_all = Backgrounds(*([picture] for picture in pictures))
        for height, width in itertools.product((80, 900), repeat=2):
            for _ in range(10):
                image = of_all.random(rng, height, width)
                self.assertEqual(((height, width, 3), np.uint8), (image.shape, image.dtype))
                self.assertGreater(image.std(), 0)

    def test_a_scene_is_seen_by_a_good_camera_and_by_poor_ones(self):
        rng = np.random.default_rng(8)
        portrait = cv2.resize(rng.integers(0, 255, (28, 22, 3), dtype=np.uint8), (180, 220), interpolation=cv2.INTER_CUBIC)
        portraits = {"portraits": [sitter(portrait)], "faces": [sitter(portrait)]}
        for _ in range(5):
            with mock.patch.object(generate, "well_captured", wraps=generate.well_captured) as good, mock.patch.object(generate, "capture", wraps=generate.capture) as poor:
                made = generate.sample(rng, portraits, Backgrounds([portrait]))
            self.assertEqual((1, generate.POOR), (good.call_count, poor.call_count))
            self.assertEqual(1 + generate.POOR, len(made))
            for crops_of, kind in made:
                self.assertEqual(generate.CROPS, len(crops_of))
                self.assertEqual(made[0][1], kind)
            detail = [cv2.Laplacian(np.float32(seen["near"]), cv2.CV_32F).std() for (seen, _), _ in made]
            goods = [cv2.Laplacian(np.float32(good["near"]), cv2.CV_32F).std() for (_, good), _ in made]
            self.assertLess(np.std(goods), 0.5 * np.mean(goods))
            self.assertGreater(np.std(detail) / np.mean(detail), np.std(goods) / np.mean(goods))

    def test_a_poor_camera_farther_away_keeps_the_box_on_the_face(self):
        rng, box = np.random.default_rng(9), np.array([60.0, 50, 140, 150])
        scene = np.zeros((200, 240, 3), np.uint8)
        scene[50:150, 60:140] = 200
        widths = set()
        for _ in range(20):
            picture, at = generate._by_a_poor_camera(rng, scene, box, 80.0)
            x0, y0, x1, y1 = at.round().astype(int)
            widths.add(x1 - x0)
            outside = np.ones(picture.shape[:2], bool)
            outside[y0:y1, x0:x1] = False
            self.assertGreater(picture[y0:y1, x0:x1].mean(), 3 * picture[outside].mean())
        self.assertTrue(generate.SMALLEST <= min(widths) < 60 and max(widths) == 80)

    def test_moved_boxes_stay_in_the_picture_and_near(self):
        rng, box = np.random.default_rng(7), np.array([5.0, 5.0, 65.0, 85.0])
        boxes = np.stack([moved(rng, box, (100, 100)) for _ in range(500)])
        self.assertTrue((boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= 99).all())
        np.testing.assert_allclose(boxes.mean(0), box, atol=1)
        np.testing.assert_allclose(boxes[:, 2:].std(0), [2.4, 3.2], rtol=0.2)

    def test_pictures_must_be_those_that_were_prepared(self):
        with tempfile.TemporaryDirectory() as data:
            picture, prepared = os.path.join(data, "faces", "a.png"), os.path.join(data, "prepared.json")
            os.mkdir(os.path.dirname(picture))
            cv2.imwrite(picture, np.full((60, 50, 3), 7, np.uint8))
            np.savez(cutout.mattes_beside(prepared), **{"faces/a.png": np.full((60, 50), 255, np.uint8)})
            with open(prepared, "w") as file:
                json.dump({"pictures": [{"path": "faces/a.png", "sha256": fingerprint(picture), "box": [10, 10, 40, 50]}]}, file)
            self.assertEqual((60, 50, 3), generate.load(prepared, data)["faces"][0].picture.shape)
            cv2.imwrite(picture, np.full((60, 50, 3), 8, np.uint8))
            with self.assertRaisesRegex(SystemExit, "a.png: not the file"):
                generate.load(prepared, data)

    def test_jpeg_keeps_a_flat_picture(self):
        flat = np.full((32, 32, 3), 90, np.uint8)
        self.assertLessEqual(int(cv2.absdiff(flat, camera.jpeg(flat, 50)).max()), 2)


if __name__ == "__main__":
    unittest.main()

"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import unittest

import numpy as np

import evaluate


class Measures(unittest.TestCase):
    def test_auc_weighs_a_clip_as_one(self):
        values = np.array([2.0, 0.0, 0.0, 0.0, 1.0])
        live = np.array([True, True, True, True, False])
        groups = np.array(["a", "b", "b", "b", "c"])
        self.assertAlmostEqual(0.5, evaluate.auc(values, live, evaluate.weights(groups)))

    def test_eer_of_separated_and_of_reversed_classes(self):
        live = np.array([True, True, False, False])
        for values, want in (([3.0, 4.0, 1.0, 2.0], 0), ([1.0, 2.0, 3.0, 4.0], 100)):
            self.assertAlmostEqual(want, evaluate.eer(np.array(values), live, np.ones(4)))

    def test_a_camera_stays_in_one_half(self):
        rows = [{"source": "owner/repository" + ending, "group": ending} for ending in ("/live", "/spoof", "")]
        self.assertEqual(1, len({evaluate.half_of(row) for row in rows}))


if __name__ == "__main__":
    unittest.main()

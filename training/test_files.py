"""python3 -m unittest, in this folder: needs no pictures and no networks."""
import os
import tempfile
import unittest

import cv2
import numpy as np

from files import read_picture, replacing


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "figures.json")

    def content(self):
        with open(self.path) as file:
            return file.read()

    def test_a_file_is_replaced_when_all_is_written(self):
        for text in ("first", "second"):
            with replacing(self.path, "w") as file:
                file.write(text)
            self.assertEqual(text, self.content())
        self.assertEqual(["figures.json"], os.listdir(os.path.dirname(self.path)))

    def test_who_is_interrupted_leaves_what_was_there(self):
        with replacing(self.path, "w") as file:
            file.write("first")
        with self.assertRaises(KeyboardInterrupt), replacing(self.path, "w") as file:
            file.write("sec")
            raise KeyboardInterrupt
        self.assertEqual("first", self.content())

    def test_a_picture_that_is_missing_or_broken_is_named(self):
        path = self.path + ".png"
        with self.assertRaisesRegex(SystemExit, path + ": no such file"):
            read_picture(path)
        cv2.imwrite(path, np.full((4, 5, 3), 7, np.uint8))
        np.testing.assert_array_equal(np.full((4, 5, 3), 7), read_picture(path))
        with open(path, "wb") as file:
            file.write(b"\x89PNG")
        with self.assertRaisesRegex(SystemExit, path + ": no picture"):
            read_picture(path)


if __name__ == "__main__":
    unittest.main()

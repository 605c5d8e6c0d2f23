"""Pictures to read and files to write, whole or not at all."""
import contextlib
import glob
import hashlib
import os

import cv2


@contextlib.contextmanager
def replacing(path, mode="wb"):
    """A file to write, which takes the place of path once all is written: who is interrupted leaves what was there before."""
    with open(path + ".part", mode) as file:
        yield file
    os.replace(path + ".part", path)


def fingerprint(path):
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def read_picture(path):
    """H×W×3 uint8 BGR."""
    if not os.path.exists(path):
        raise SystemExit(f"{path}: no such file")
    picture = cv2.imread(path)
    if picture is None:
        raise SystemExit(f"{path}: no picture that can be read")
    return picture


def shards_of(folder, count=None):
    """The first shards that generate.py has written into a folder."""
    return sorted(glob.glob(os.path.join(folder, "*.npz")))[:count]

"""Files that are whole or not there."""
import contextlib
import os


@contextlib.contextmanager
def replacing(path, mode="wb"):
    """A file to write, which takes the place of path once all is written: who is interrupted leaves what was there before."""
    with open(path + ".part", mode) as file:
        yield file
    os.replace(path + ".part", path)

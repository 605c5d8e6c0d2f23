"""Finds the faces of the training pictures and writes prepared.json: path, SHA-256 and face box of each. Beside it, mattes.npz: by path, the person cut out."""
import argparse
import csv
import json
import os

import numpy as np
import torch

from cutout import matte, mattes_beside
from faces import FaceFinder
from files import fingerprint, read_picture, replacing

FOLDERS = ("portraits", "faces")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder that holds portraits/ and faces/")
    parser.add_argument("--peers", required=True, help="folder of yunet_2023mar_320.onnx")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    finder = FaceFinder(os.path.join(options.peers, "yunet_2023mar_320.onnx"))
    pictures, without, mattes = [], [], {}
    for folder in FOLDERS:
        with open(os.path.join(options.data, folder, "manifest.csv")) as manifest:
            names = [row["path"] for row in csv.DictReader(manifest)]
        for name in names:
            path = os.path.join(folder, name)
            picture = read_picture(os.path.join(options.data, path))
            box = finder.largest(picture)
            if box is None:
                without.append(path)
            else:
                pictures.append({"path": path, "sha256": fingerprint(os.path.join(options.data, path)), "box": [round(float(v), 2) for v in box]})
                mattes[path] = matte(picture, box)
    with replacing(mattes_beside(options.out)) as out:
        np.savez_compressed(out, **mattes)
    with replacing(options.out, "w") as out:
        json.dump({"pictures": pictures, "without_face": without}, out, indent=1)
    print(f"{len(pictures)} pictures with a face, {len(without)} without")


if __name__ == "__main__":
    main()

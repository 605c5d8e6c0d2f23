"""The published networks that teach, each as crop rule, input side and live output."""
import os

import numpy as np
import torch

import crops
from network import live_logit
from onnx_graph import OnnxGraph

# name: (file, crop rule, crop scale, input side, index of the live output)
TEACHERS = {
    "fr_1.5": ("fr_liveness.onnx", crops.square, 1.5, 128, 0),
    "fr_2.7": ("fr_liveness.onnx", crops.window, 2.7, 128, 0),
    "v2": ("MiniFASNetV2_2.7_80.onnx", crops.window, 2.7, 80, 1),
    "v1se": ("MiniFASNetV1SE_4.0_80.onnx", crops.window, 4.0, 80, 1),
}


# Which of them each branch of the network imitates.
OF_BRANCH = {"near": "fr_1.5", "wide": "v2", "far": "v1se"}


def of_branch(name, directories):
    """A branch's teacher as a graph."""
    return OnnxGraph(_find(TEACHERS[OF_BRANCH[name]][0], directories))


class Teachers:
    def __init__(self, directories):
        self.networks = {}
        for file, *_ in TEACHERS.values():
            if file not in self.networks:
                self.networks[file] = OnnxGraph(_find(file, directories))

    @torch.no_grad()
    def score(self, pictures):
        """pictures: list of (image, box). Gives N×len(TEACHERS) live logits, computed in bfloat16 (within about 0.1)."""
        columns = []
        for file, rule, scale, side, live in TEACHERS.values():
            crops = np.stack([rule(image, box, scale, side) for image, box in pictures])
            x = torch.from_numpy(crops.transpose(0, 3, 1, 2)).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = next(iter(self.networks[file](x.float()).values()))
            columns.append(live_logit(logits.float(), live))
        return torch.stack(columns, 1).numpy()


def _find(file, directories):
    for directory in directories:
        path = os.path.join(directory, file)
        if os.path.exists(path):
            return path
    raise FileNotFoundError(f"{file} is in none of {directories}")

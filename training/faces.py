"""Face boxes by YuNet (reference-models/yunet_2023mar_320.onnx)."""
import cv2
import numpy as np
import torch

from onnx_graph import OnnxGraph

INPUT = 320
THRESHOLD = 0.6


class FaceFinder:
    def __init__(self, path):
        self.network = OnnxGraph(path)

    def largest(self, image):
        """The largest face's box (left, top, right, bottom) in pixels, or None."""
        canvas, scale = padded(image)
        outputs = self.network(torch.from_numpy(canvas.transpose(2, 0, 1)).float()[None])
        boxes = np.concatenate([_decode(outputs, stride) for stride in (8, 16, 32)])
        boxes = boxes[boxes[:, 4] >= THRESHOLD]
        if not len(boxes):
            return None
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        near = boxes[area > 0.5 * area.max()]
        return near[near[:, 4].argmax(), :4] / scale


def padded(image):
    """The picture in the upper left of a square of INPUT pixels, the rest of it black, and the scale at which it is there."""
    height, width = image.shape[:2]
    scale = INPUT / max(height, width)
    small = cv2.resize(image, (max(1, round(width * scale)), max(1, round(height * scale))))
    canvas = np.zeros((INPUT, INPUT, 3), image.dtype)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas, scale


def _decode(outputs, stride):
    cells = INPUT // stride
    row, column = np.divmod(np.arange(cells * cells), cells)
    score = np.sqrt(np.clip(outputs[f"cls_{stride}"][0, :, 0].numpy() * outputs[f"obj_{stride}"][0, :, 0].numpy(), 0, 1))
    d = outputs[f"bbox_{stride}"][0].numpy()
    cx, cy = (column + d[:, 0]) * stride, (row + d[:, 1]) * stride
    w, h = np.exp(d[:, 2]) * stride, np.exp(d[:, 3]) * stride
    return np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score], 1)

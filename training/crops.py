"""The two crop rules of liveness networks. Pictures are H×W×3 uint8 BGR; boxes are (left, top, right, bottom) in pixels,
forehead to chin as YuNet gives them. Sampling is plain bilinear without antialiasing, as in the product."""
import cv2
import numpy as np


def square(image, box, scale, size):
    """A square of side scale × the box's longer side round the box's centre; outside the picture: reflection."""
    left, top, right, bottom = box
    side = scale * max(right - left, bottom - top)
    x0 = (left + right - side) / 2
    y0 = (top + bottom - side) / 2
    return _sample(image, x0, y0, side, side, size)


def window(image, box, scale, size):
    """The box enlarged by scale (less where the picture is too small), its aspect kept, moved inside the picture,
    stretched to a square: the rule of the MiniFASNets, whose RetinaFace boxes differ from YuNet's as corrected here."""
    height, width = image.shape[:2]
    w = (box[2] - box[0]) / 0.875
    h = (box[3] - box[1]) / 1.14
    cx = (box[0] + box[2]) / 2
    cy = (box[1] + box[3]) / 2 + 0.058 * (box[3] - box[1])
    scale = min((height - 1) / h, (width - 1) / w, scale)
    w, h = w * scale, h * scale
    x0 = min(max(cx - w / 2, 0), width - 1 - w)
    y0 = min(max(cy - h / 2, 0), height - 1 - h)
    return _sample(image, x0, y0, w + 1, h + 1, size)


def _sample(image, x0, y0, w, h, size):
    sx, sy = w / size, h / size
    m = np.array([[sx, 0, x0 + 0.5 * sx - 0.5], [0, sy, y0 + 0.5 * sy - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, m, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT_101)

"""What is behind a face or a presented picture: photographs of places, corners of other portraits, painted walls. Pictures are H×W×3 uint8 BGR."""
import glob
import os

import cv2
import numpy as np

from camera import smooth_field

# Debian's blender-data: panoramas of a room, a studio, a yard, streets and meadows, all CC0.
PANORAMAS = "/usr/share/blender/datafiles/studiolights/world/*.exr"
# Debian's lomiri-wallpapers-16.04: those under CC BY 4.0 and CC0.
PHOTOGRAPHS = "/usr/share/backgrounds/*_by_{}.jpg"
PHOTOGRAPHERS = ("Aitzol_Berasategi", "freespace", "Clements_Engelhardt", "Abhishek_Mudgal", "Jakkub_Mede")
LONGEST = 1400  # pixels of a photograph's side
MIDDLE_GREY = 0.18  # what the middle of a panorama's light becomes


class Backgrounds:
    """Gives a new one each time. panoramas show 360° by 180°, the horizon in the middle; portraits have walls in their upper corners."""

    def __init__(self, portraits, panoramas=(), photographs=()):
        self.portraits, self.panoramas, self.photographs = portraits, panoramas, photographs

    def random(self, rng, height, width):
        kind = rng.random()
        if kind < 0.35 and len(self.panoramas):
            image = _view(rng, self.panoramas[rng.integers(len(self.panoramas))], height, width)
        elif kind < 0.55 and len(self.photographs):
            image = _part(rng, self.photographs[rng.integers(len(self.photographs))], height, width)
        elif kind < 0.75:
            image = _corner(rng, self.portraits[rng.integers(len(self.portraits))], height, width)
        else:
            return _painted(rng, height, width)
        if rng.random() < 0.5:
            image = image[:, ::-1]
        sigma = rng.uniform(0, 0.02) * width
        return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.6 else np.ascontiguousarray(image)


def of_places():
    """The panoramas and the photographs of Debian's packages."""
    os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # read by OpenCV when it opens the first such file
    panoramas = [_toned(cv2.imread(path, cv2.IMREAD_UNCHANGED)[..., :3]) for path in sorted(glob.glob(PANORAMAS))]
    paths = [path for name in PHOTOGRAPHERS for path in sorted(glob.glob(PHOTOGRAPHS.format(name)))]
    if not panoramas or not paths:
        raise SystemExit("no pictures of places: install Debian's blender-data and lomiri-wallpapers-16.04")
    return panoramas, [_shrunk(cv2.imread(path)) for path in paths]


def _toned(light):
    """A picture of linear light, its highlights rolled off."""
    light = np.clip(light / np.median(light) * MIDDLE_GREY, 0, None)
    return (np.clip(1.2 * light / (1 + light), 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def _shrunk(image):
    k = LONGEST / max(image.shape[:2])
    return cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)


def _view(rng, panorama, height, width):
    """What a camera sees of a panorama that looks at about the horizon."""
    rows, columns = panorama.shape[:2]
    across = columns * rng.uniform(45, 80) / 360
    down = across * height / width
    k = min(1, 0.8 * rows / down)
    across, down = max(2, int(across * k)), max(2, int(down * k))
    top = int(np.clip((rows - down) / 2 + rng.normal(0, 0.05 * rows), 0, rows - down))
    turned = np.roll(panorama, int(rng.integers(columns)), 1)
    return _resized(turned[top : top + down, :across], height, width)


def _part(rng, photograph, height, width):
    rows, columns = photograph.shape[:2]
    across = int(min(columns, rows * width / height) * rng.uniform(0.3, 1))
    down = max(1, min(rows, int(across * height / width)))
    x, y = int(rng.integers(columns - across + 1)), int(rng.integers(rows - down + 1))
    return _resized(photograph[y : y + down, x : x + across], height, width)


def _corner(rng, portrait, height, width):
    rows, columns = portrait.shape[:2]
    side = int(min(rows, columns) * rng.uniform(0.2, 0.45))
    y = int(rng.integers((rows - side) // 2 + 1))
    x = 0 if rng.random() < 0.5 else columns - side
    return _resized(portrait[y : y + side, x : x + side], height, width)


def _resized(image, height, width):
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if image.shape[1] > width else cv2.INTER_LINEAR)


def _painted(rng, height, width):
    image = np.empty((height, width, 3), np.float32)
    base = rng.uniform(20, 235, 3) * 0.4 + rng.uniform(20, 235) * 0.6
    shade = smooth_field(rng, height, width, int(rng.integers(2, 6)), rng.uniform(5, 40))
    for channel in range(3):
        image[..., channel] = base[channel] + shade + smooth_field(rng, height, width, 3, 6)
    for _ in range(int(rng.integers(0, 9))):
        colour = (rng.uniform(0, 255, 3) * 0.4 + rng.uniform(0, 255) * 0.6).tolist()
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        end = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        if rng.random() < 0.6:
            cv2.rectangle(image, (x, y), end, colour, -1)
        else:
            cv2.line(image, (x, y), end, colour, int(rng.integers(1, max(2, width // 30))))
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.012 * width + 0.4))
    return np.clip(image + rng.normal(0, rng.uniform(0, 6), image.shape[:2])[..., None], 0, 255).astype(np.uint8)

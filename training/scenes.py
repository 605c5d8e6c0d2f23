"""Scenes before a camera sees them: a person in a room, or a presented picture of one. A scene is H×W×3 uint8 BGR with the face's
box (left, top, right, bottom). Every random choice comes from the generator passed in."""
from typing import NamedTuple

import cv2
import numpy as np

import media

LONGEST = 900  # pixels of a scene's side; teachers look no further than four box sizes
SELFIES = 0.4  # share of presented pictures that were taken in another place than the portrait was


class Portrait(NamedTuple):
    """A picture of a person, the box of their face, and how much of each pixel they are (H×W uint8, 0–255)."""

    picture: np.ndarray
    box: np.ndarray
    person: np.ndarray

    def mirrored(self):
        width = self.picture.shape[1]
        box = np.array([width - self.box[2], self.box[1], width - self.box[0], self.box[3]])
        return Portrait(self.picture[:, ::-1].copy(), box, self.person[:, ::-1].copy())

    def face_width(self):
        return float(self.box[2] - self.box[0])


def compose(rng, portrait, kind, face_width, backgrounds):
    """A scene of one kind: live, paper or screen."""
    if rng.random() < 0.5:
        portrait = portrait.mirrored()
    if kind == "live":
        return _live(rng, portrait, face_width, backgrounds)
    picture, box = portrait.picture, portrait.box
    if rng.random() < SELFIES:
        picture, box = _elsewhere(rng, portrait, portrait.face_width(), backgrounds)
    shown = media.paper if kind == "paper" else media.screen
    return _presented(rng, *shown(rng, picture, box), kind, face_width, backgrounds)


def _live(rng, portrait, face_width, backgrounds):
    kind = rng.random()
    if kind < 0.45:
        return _cropped(rng, portrait.picture, portrait.box, face_width)
    if kind < 0.5:
        return _before_a_blur(rng, portrait, face_width)
    return _elsewhere(rng, portrait, face_width, backgrounds)


def _before_a_blur(rng, portrait, face_width):
    """The photograph with its own surroundings, spread to the edges of the view and blurred."""
    height, width = _frame(rng, face_width)
    m = _placement(rng, portrait.box, face_width, height, width, 0, 4)
    image = cv2.warpPerspective(portrait.picture, m, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    inside = cv2.warpPerspective(np.ones(portrait.picture.shape[:2], np.float32), m, (width, height))
    inside = cv2.erode(inside, None, iterations=max(1, int(0.05 * face_width)))
    inside = cv2.GaussianBlur(inside, (0, 0), 0.05 * face_width)
    behind = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.03, 0.1) * face_width)
    return _lit(rng, image, inside, behind), _moved(m, portrait.box)


def _elsewhere(rng, portrait, face_width, backgrounds):
    """The person before another background, seen down to no more than the photograph shows of them."""
    portrait = _wider(portrait)
    height, width = _frame(rng, face_width)
    m = _placement(rng, portrait.box, face_width, height, width, 0, 4)
    rows, columns = portrait.picture.shape[:2]
    lowest = min((m @ [x, rows - 2, 1])[1] for x in (0, columns / 2, columns))
    height = max(min(height, int(lowest)), int(1.6 * face_width))
    image = cv2.warpPerspective(portrait.picture, m, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    person = cv2.warpPerspective(portrait.person, m, (width, height)).astype(np.float32) / 255
    if rng.random() < 0.5:
        person = cv2.GaussianBlur(person, (0, 0), rng.uniform(0.003, 0.02) * face_width + 0.3)
    return _lit(rng, image, person, backgrounds.random(rng, height, width)), _moved(m, portrait.box)


def _wider(portrait):
    """With shoulders that the photograph cuts off gone on with, sloping, in a mirror."""
    side = int(0.4 * portrait.face_width())
    picture = cv2.copyMakeBorder(portrait.picture, 0, 0, side, side, cv2.BORDER_REFLECT_101)
    person = cv2.copyMakeBorder(portrait.person, 0, 0, side, side, cv2.BORDER_REFLECT_101)
    rows, columns = person.shape
    outside = np.maximum(side - np.arange(columns), np.arange(columns) - (columns - 1 - side)) / max(side, 1)
    above = (rows - np.arange(rows)) / portrait.face_width()
    person[(outside > 0) & (outside + above[:, None] > 1)] = 0
    return Portrait(picture, portrait.box + [side, 0, side, 0], person)


def _lit(rng, image, person, behind):
    """The person before what is behind them, often in another light than that."""
    against_light = rng.random()
    if against_light < 0.2:  # as at a desk before a window
        behind = np.clip(behind * rng.uniform(1, 2), 0, 255)
        image = image * rng.uniform(0.3, 0.8)
    elif against_light < 0.6:  # a room lit otherwise than the face
        behind = np.clip(behind * np.exp(rng.normal(0, 0.45)), 0, 255)
        image = np.clip(image * np.exp(rng.normal(-0.1, 0.25)), 0, 255)
    person = person[..., None]
    return (image * person + behind * (1 - person)).astype(np.uint8)


def _cropped(rng, portrait, box, face_width):
    """The photograph itself, cut at random distances round the face."""
    height, width = portrait.shape[:2]
    x0, y0 = int(box[0] * rng.uniform(0, 0.9)), int(box[1] * rng.uniform(0, 0.9))
    x1 = int(np.ceil(width - (width - box[2]) * rng.uniform(0, 0.9)))
    y1 = int(np.ceil(height - (height - box[3]) * rng.uniform(0, 0.9)))
    scale = face_width / (box[2] - box[0])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = cv2.resize(portrait[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=interpolation)
    return image, (box - [x0, y0, x0, y0]) * scale


def _presented(rng, shown, box, kind, face_width, backgrounds):
    height, width = _frame(rng, face_width)
    scale = face_width / (box[2] - box[0])
    if rng.random() < 0.45:  # the medium's edges mostly out of view
        height = int(min(height, max(1.45 * face_width, shown.shape[0] * scale * rng.uniform(0.6, 0.98))))
        width = int(min(width, max(1.25 * face_width, shown.shape[1] * scale * rng.uniform(0.6, 0.98))))
    m = _placement(rng, box, face_width, height, width, 0.12 if rng.random() < 0.8 else 0, 5)
    if scale < 0.6 and rng.random() < 0.6:  # the lens; without it the sampling leaves moiré
        shown = cv2.GaussianBlur(shown, (0, 0), 0.35 / scale * rng.uniform(0.3, 1))
    sampling = (cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_NEAREST)[int(rng.integers(3))]
    image = cv2.warpPerspective(shown, m, (width, height), flags=sampling)
    mask = cv2.warpPerspective(np.ones(shown.shape[:2], np.float32), m, (width, height))[..., None]
    behind = backgrounds.random(rng, height, width).astype(np.float32) / 255 * np.float32(rng.uniform(0.2, 1.1))
    if rng.random() < 0.4:
        shadow = np.roll(mask[..., 0], (int(0.03 * face_width), int(0.02 * face_width)), (0, 1))
        behind = behind * (1 - 0.5 * cv2.GaussianBlur(shadow, (0, 0), 0.05 * face_width + 0.5)[..., None])
    image = image * mask + behind * (1 - mask)
    if kind == "screen" and rng.random() < 0.4:
        image = _interference(rng, image, mask)
    image = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.3:
        _fingers(rng, image, _moved(m, (0, 0, shown.shape[1], shown.shape[0])), face_width)
    return image, _moved(m, box)


def _interference(rng, image, mask):
    """Moiré waves of colour, or the bands of a refreshing screen."""
    height, width = image.shape[:2]
    if rng.random() < 0.6:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        amount = np.float32(rng.uniform(0.01, 0.08))
        for channel in range(3):
            angle, period = rng.uniform(0, 3.14), rng.uniform(3, 40)
            phase = np.float32(2 * np.pi / period) * (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)))
            phase += np.float32(0.00008 * rng.uniform(-1, 1)) * (x - width / 2) ** 2
            image[..., channel] *= 1 + amount * mask[..., 0] * np.sin(phase)
        return image
    rows = np.arange(height, dtype=np.float32) * np.float32(2 * np.pi / rng.uniform(0.1 * height, height))
    bands = np.float32(rng.uniform(0.02, 0.15)) * np.sin(rows + np.float32(rng.uniform(0, 6)))
    return image * (1 + mask * bands[:, None, None])


def _fingers(rng, image, medium, face_width):
    """Skin-coloured finger ends over an edge of the medium."""
    left, top, right, bottom = medium
    side = rng.integers(3)
    skin = np.float32([0.45, 0.6, 0.85]) * rng.uniform(60, 240)
    for i in range(int(rng.integers(1, 5))):
        thick = max(2, int(face_width * rng.uniform(0.08, 0.16)))
        along, reach = i * thick * 1.2, rng.uniform(0.3, 2) * thick
        if side == 2:
            x = left + (right - left) * 0.3 + along
            ends = (x, bottom + thick), (x, bottom - reach)
        else:
            y = top + (bottom - top) * 0.5 + along
            ends = ((left - thick, y), (left + reach, y)) if side == 0 else ((right + thick, y), (right - reach, y))
        points = [tuple(int(v) for v in end) for end in ends]
        cv2.line(image, *points, (skin * 0.7).tolist(), thick, cv2.LINE_AA)
        cv2.line(image, *points, skin.tolist(), max(1, int(thick * 0.75)), cv2.LINE_AA)


def _frame(rng, face_width):
    """Height and width of the view, the face taking a random share of it."""
    width = face_width * np.exp(rng.uniform(np.log(1.35), np.log(5)))
    height = max(width / rng.choice([0.5625, 0.75, 1, 1.333, 1.778]), 1.6 * face_width)
    return int(min(height, LONGEST)), int(min(width, LONGEST))


def _placement(rng, box, face_width, height, width, tilt, turn):
    """The homography that puts the face, face_width wide, at a random place of the view."""
    scale = face_width / (box[2] - box[0])
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    room_x, room_y = max(width - 1.15 * face_width, 0), max(height - 1.5 * face_width, 0)
    tx = width / 2 + rng.uniform(-0.5, 0.5) * room_x * 0.75
    ty = height / 2 + rng.uniform(-0.5, 0.5) * room_y * 0.75
    angle = np.deg2rad(rng.normal(0, turn))
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    m = np.array([[c, -s, tx - c * cx + s * cy], [s, c, ty - s * cx - c * cy], [0, 0, 1]])
    if not tilt:
        return m
    shift = np.array([[1, 0, -tx], [0, 1, -ty], [0, 0, 1.0]])
    bend = np.array([
        [1 + rng.normal(0, tilt * 0.5), rng.normal(0, tilt * 0.4), 0],
        [rng.normal(0, tilt * 0.2), 1 + rng.normal(0, tilt * 0.5), 0],
        [rng.normal(0, tilt) / (4 * face_width), rng.normal(0, tilt) / (4 * face_width), 1],
    ])
    return np.linalg.inv(shift) @ bend @ shift @ m


def _moved(m, box):
    """The box round the moved middles of a box's sides."""
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    points = np.float32([[[cx, box[1]], [box[2], cy], [cx, box[3]], [box[0], cy]]])
    moved = cv2.perspectiveTransform(points, m)[0]
    return np.concatenate([moved.min(0), moved.max(0)])

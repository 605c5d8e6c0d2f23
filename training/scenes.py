"""Scenes before a camera sees them: a person in a room, or a presented picture of one. A scene is H×W×3 uint8 BGR with the face's
box (left, top, right, bottom). Every random choice comes from the generator passed in."""
import cv2
import numpy as np

import media
from camera import smooth_field

LONGEST = 900  # pixels of a scene's side; teachers look no further than four box sizes


def compose(rng, portrait, box, kind, face_width, pool):
    """A scene of one kind: live, paper or screen. pool: pictures whose upper corners serve as backgrounds."""
    if rng.random() < 0.5:
        width = portrait.shape[1]
        portrait, box = portrait[:, ::-1].copy(), (width - box[2], box[1], width - box[0], box[3])
    if kind == "live":
        return _live(rng, portrait, np.asarray(box, float), face_width, pool)
    shown = media.paper if kind == "paper" else media.screen
    return _presented(rng, *shown(rng, portrait, box), kind, face_width, pool)


def _live(rng, portrait, box, face_width, pool):
    kind = rng.random()
    if kind < 0.45:
        return _cropped(rng, portrait, box, face_width)
    height, width = _frame(rng, face_width)
    m = _placement(rng, box, face_width, height, width, 0, 4)
    image = cv2.warpPerspective(portrait, m, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    if kind < 0.6:
        inside = np.ones(portrait.shape[:2], np.float32)
        mask = cv2.warpPerspective(inside, m, (width, height))
        mask = cv2.erode(mask, None, iterations=max(1, int(0.05 * face_width)))
        behind = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.03, 0.1) * face_width)
        softness = 0.05
    else:
        mask = cv2.warpPerspective(_head_and_shoulders(portrait.shape, box), m, (width, height))
        behind = background(rng, height, width, pool)
        softness = rng.uniform(0.01, 0.08)
    mask = cv2.GaussianBlur(mask, (0, 0), softness * face_width)[..., None]
    against_light = rng.random()
    if against_light < 0.25:  # as at a desk before a window
        behind = np.clip(behind * rng.uniform(1, 2), 0, 255)
        image = image * rng.uniform(0.3, 0.8)
    elif against_light < 0.6:  # a room lit otherwise than the face
        behind = np.clip(behind * np.exp(rng.normal(0, 0.45)), 0, 255)
        image = np.clip(image * np.exp(rng.normal(-0.1, 0.25)), 0, 255)
    return (image * mask + behind * (1 - mask)).astype(np.uint8), _moved(m, box)


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


def _head_and_shoulders(shape, box):
    mask = np.zeros(shape[:2], np.float32)
    w, h = box[2] - box[0], box[3] - box[1]
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    cv2.ellipse(mask, (int(cx), int(cy - 0.08 * h)), (int(0.78 * w), int(0.78 * h)), 0, 0, 360, 1, -1)
    bottom = shape[0] + 5
    outline = [(-0.45, cy + 0.4 * h), (0.45, cy + 0.4 * h), (1.6, cy + 1.25 * h), (1.7, bottom), (-1.7, bottom), (-1.6, cy + 1.25 * h)]
    cv2.fillPoly(mask, [np.array([[cx + x * w, y] for x, y in outline], np.int32)], 1)
    return mask


def _presented(rng, shown, box, kind, face_width, pool):
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
    behind = background(rng, height, width, pool).astype(np.float32) / 255 * np.float32(rng.uniform(0.2, 1.1))
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


def background(rng, height, width, pool):
    """A wall or room: a blurred corner of another picture, or a painted one."""
    if rng.random() < 0.5:
        picture = pool[rng.integers(len(pool))]
        rows, columns = picture.shape[:2]
        side = int(min(rows, columns) * rng.uniform(0.25, 0.9))
        y = int(rng.integers(0, max(1, (rows - side) // 2 + 1)))
        x = 0 if rng.random() < 0.5 else columns - side
        image = cv2.resize(picture[y : y + side, x : x + side], (width, height), interpolation=cv2.INTER_LINEAR)
        sigma = rng.uniform(0, 0.02) * width
        return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.6 else image
    return _painted(rng, height, width)


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

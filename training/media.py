"""What carries a presented face: paper or a screen. Both give the picture as shown (float32 0..1 BGR) and the face's box in it."""
import cv2
import numpy as np

from camera import capture, smooth_field, well_captured


def paper(rng, portrait, box):
    """A print: limited gamut and contrast, halftone or dither, paper grain, margin, curl, folds, gloss."""
    f, box = _shown(rng, portrait, box, rng.uniform(150, 400), 700)
    f, white = _ink(rng, f)
    f = _halftone(rng, f)
    height, width = f.shape[:2]
    grain = cv2.GaussianBlur(rng.standard_normal((height, width), dtype=np.float32), (0, 0), rng.uniform(0.6, 3))
    f = f + (grain / grain.std() * np.float32(rng.uniform(0, 0.025)))[..., None]
    f = f * (1 + rng.normal(0, 0.03, 3)).astype(np.float32)
    margin = int(rng.uniform(0, 0.18) * width) if rng.random() < 0.7 else 0
    colour = np.clip(white + rng.normal(0, 0.03, 3), 0, 1).tolist()
    f = cv2.copyMakeBorder(f, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=colour)
    f = _bend(rng, f)
    if rng.random() < 0.35:
        f = glare(rng, f, rng.uniform(0.1, 0.6))
    return f.astype(np.float32), box + margin


def screen(rng, portrait, box):
    """A phone, tablet or monitor: backlight, sub-pixels, bezel, bars of a user interface, reflections."""
    f, box = _shown(rng, portrait, box, rng.uniform(180, 420), 460)
    f = np.clip(f, 0, 1) ** np.float32(rng.uniform(0.7, 1.3))
    black = np.float32(rng.uniform(0, 0.08))
    tint = np.float32([rng.uniform(1, 1.25), rng.uniform(0.95, 1.05), rng.uniform(0.8, 1.05)]) * np.float32(rng.uniform(0.8, 1.5))
    f = (black + (1 - black) * f) * tint
    if rng.random() < 0.65:
        f, box = _subpixels(rng, f, box)
    if rng.random() < 0.3:
        bar = max(2, int(rng.uniform(0.03, 0.1) * f.shape[0]))
        f[:bar] = rng.uniform(0, 1)
        f[-bar:] = rng.uniform(0, 1)
    f, box = _bezel(rng, f, box)
    if rng.random() < 0.45:
        f = glare(rng, f, rng.uniform(0.1, 0.8))
    if rng.random() < 0.3:
        room = np.clip(0.5 + smooth_field(rng, *f.shape[:2], 4, 0.5), 0, 1)
        f = f + np.float32(rng.uniform(0.02, 0.15)) * room[..., None]
    return f.astype(np.float32), box


def glare(rng, f, strength):
    """A soft elliptic highlight."""
    height, width = f.shape[:2]
    rows, columns = max(8, height // 8), max(8, width // 8)
    spot = np.zeros((rows, columns), np.float32)
    centre = (int(rng.uniform(0, 1) * columns), int(rng.uniform(0, 1) * rows))
    axes = (max(1, int(rng.uniform(0.03, 0.35) * columns)), max(1, int(rng.uniform(0.03, 0.2) * columns)))
    cv2.ellipse(spot, centre, axes, rng.uniform(0, 180), 0, 360, 1, -1)
    spot = cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.02, 0.15) * columns)
    return f + np.float32(strength) * cv2.resize(spot, (width, height))[..., None]


def _shown(rng, portrait, box, face_width, longest):
    """The picture chosen for showing, often through a first camera, scaled to the medium's resolution."""
    if rng.random() < 0.35:
        portrait, box = _face_only(rng, portrait, box)
    if rng.random() < 0.5:
        portrait = well_captured(rng, portrait) if rng.random() < 0.4 else capture(rng, portrait, box[2] - box[0], 0.7)
    k = min(face_width / (box[2] - box[0]), longest / max(portrait.shape[:2]))
    interpolation = cv2.INTER_CUBIC if k > 1 else cv2.INTER_AREA
    return cv2.resize(portrait, None, fx=k, fy=k, interpolation=interpolation).astype(np.float32) / 255, np.asarray(box) * k


def _face_only(rng, portrait, box):
    height, width = portrait.shape[:2]
    w, h = box[2] - box[0], box[3] - box[1]
    x0, x1 = max(0, int(box[0] - rng.uniform(0.1, 0.9) * w)), min(width, int(box[2] + rng.uniform(0.1, 0.9) * w))
    y0, y1 = max(0, int(box[1] - rng.uniform(0.2, 0.8) * h)), min(height, int(box[3] + rng.uniform(0.1, 0.8) * h))
    return portrait[y0:y1, x0:x1], np.asarray(box) - [x0, y0, x0, y0]


def _ink(rng, f):
    """Gamut and contrast of ink on paper; gives the paper's white too."""
    grey = f.mean(2, keepdims=True)
    f = np.repeat(grey, 3, 2) if rng.random() < 0.08 else grey + (f - grey) * np.float32(rng.uniform(0.35, 1.05))
    low, high = rng.uniform(0.03, 0.22), rng.uniform(0.72, 0.97)
    return np.float32(low) + np.float32(high - low) * np.clip(f, 0, 1) ** np.float32(rng.uniform(0.75, 1.35)), high


def _halftone(rng, f):
    height, width = f.shape[:2]
    kind = rng.random()
    if kind < 0.4:
        period, amount = rng.uniform(2.2, 6), np.float32(rng.uniform(0.04, 0.22))
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        for channel, angle in enumerate(rng.permutation([15, 45, 75])):
            c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
            dots = np.cos(np.float32(2 * np.pi / period) * (x * c + y * s)) * np.cos(np.float32(2 * np.pi / period) * (y * c - x * s))
            tone = f[..., channel]
            f[..., channel] = tone + amount * dots * np.sqrt(np.clip(4 * tone * (1 - tone), 0, 1))
    elif kind < 0.7:
        f = f + np.float32(rng.uniform(0.02, 0.12)) * rng.standard_normal(f.shape, dtype=np.float32)
    if rng.random() < 0.3:
        rows = np.sin(np.arange(height, dtype=np.float32) * np.float32(2 * np.pi / rng.uniform(6, 40)))
        f = f * (1 + np.float32(rng.uniform(0.01, 0.05)) * rows)[:, None, None]
    return f


def _bend(rng, f):
    """Curl across one axis with its shading, and a fold."""
    height, width = f.shape[:2]
    if rng.random() < 0.6:
        across = rng.random() < 0.5
        length = width if across else height
        phase = 2 * np.pi * rng.uniform(0.5, 1.8) * np.linspace(0, 1, length, dtype=np.float32) + rng.uniform(0, 6.3)
        wave = np.float32(rng.uniform(0, 0.02) * min(height, width)) * np.sin(phase).astype(np.float32)
        shade = (1 + rng.uniform(0.02, 0.25) * np.cos(phase)).astype(np.float32)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        x, y = (x, y + wave[None]) if across else (x + wave[:, None], y)
        f = cv2.remap(f, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        f = f * (shade[None, :, None] if across else shade[:, None, None])
    if rng.random() < 0.2:
        x = int(rng.uniform(0.2, 0.8) * width)
        f[:, x:] *= np.float32(rng.uniform(0.85, 1.1))
        f[:, max(0, x - 1) : x + 1] *= np.float32(rng.uniform(0.7, 1.2))
    return f


def _subpixels(rng, f, box):
    """Every picture element as coloured stripes with a dark grid, two or three samples wide."""
    k = 2 if max(f.shape[:2]) > 380 else 3
    f = np.repeat(np.repeat(f, k, 0), k, 1)
    depth = np.float32(rng.uniform(0.1, 0.85))
    mask = np.full((k, k, 3), 1 - depth, np.float32)
    if rng.random() < 0.8:
        for channel in range(3):
            mask[:, (2 - channel) % k, channel] = 1 + depth * np.float32(0.6)
    else:
        mask[:] = 1
    if rng.random() < 0.7:
        mask[k - 1] *= np.float32(1 - rng.uniform(0.2, 0.8))
    height, width = f.shape[:2]
    return f * np.tile(mask, (height // k, width // k, 1)), box * k


def _bezel(rng, f, box):
    height, width = f.shape[:2]
    side = int(rng.uniform(0.01, 0.07) * width)
    top = int(rng.uniform(0.01, 0.2) * height) if rng.random() < 0.5 else side
    shade = rng.uniform(0, 0.12) if rng.random() < 0.75 else rng.uniform(0.6, 1)
    f = cv2.copyMakeBorder(f, top, top, side, side, cv2.BORDER_CONSTANT, value=[shade] * 3)
    return f, box + [side, top, side, top]

"""Colours and patterns for drawn occlusions: every function returns float RGB 0..255 of the asked size."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PLAIN = [(245, 245, 245), (180, 215, 235), (20, 20, 22), (60, 62, 70), (130, 135, 140), (25, 35, 60), (230, 180, 190),
         (235, 225, 205), (150, 190, 170), (120, 20, 30)]


def colour(rng, skin):
    """A colour of cloth: often one of the usual ones, sometimes any, sometimes close to the skin."""
    kind = rng.random()
    if kind < 0.6:
        base = np.array(PLAIN[rng.integers(len(PLAIN))], float)
    elif kind < 0.88:
        base = rng.uniform(0, 255, 3)
    else:
        base = skin * rng.uniform(0.8, 1.25)
    return np.clip(base + rng.normal(0, 10, 3), 0, 255)


def smooth_noise(rng, size, grain):
    """Noise of the given grain in pixels, about −1..1."""
    n = max(2, int(size / grain))
    small = Image.fromarray(rng.uniform(-1, 1, (n, n)).astype(np.float32), mode="F")
    return np.asarray(small.resize((size, size), Image.BICUBIC))


def solid(rng, size, skin, others):
    return np.ones((size, size, 1)) * colour(rng, skin)


def mottled(rng, size, skin, others):
    mix = (smooth_noise(rng, size, rng.uniform(3, 40))[..., None] + 1) / 2
    return mix * colour(rng, skin) + (1 - mix) * colour(rng, skin)


def striped(rng, size, skin, others):
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 30)
    y, x = np.mgrid[:size, :size]
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    if rng.random() < 0.4:
        wave = wave * np.sin((y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / period)
    mix = np.clip(wave * rng.uniform(1, 6) / 2 + 0.5, 0, 1)[..., None]
    return mix * colour(rng, skin) + (1 - mix) * colour(rng, skin)


def printed(rng, size, skin, others):
    """Dots, flowers and letters strewn over a plain ground."""
    image = Image.new("RGB", (size, size), tuple(colour(rng, skin).astype(int)))
    pen = ImageDraw.Draw(image)
    inks = [tuple(colour(rng, skin).astype(int)) for _ in range(3)]
    for _ in range(rng.integers(5, 70)):
        x, y, r = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(2, 16)
        ink = inks[rng.integers(3)]
        shape = rng.integers(3)
        if shape == 0:
            pen.ellipse((x - r, y - r, x + r, y + r), fill=ink)
        elif shape == 1:
            pen.polygon([(x + r * np.cos(a), y + r * np.sin(a)) for a in rng.uniform(0, 7, 5)], fill=ink)
        else:
            pen.text((x, y), "".join(rng.choice(list("AFTKSR&8"), 4)), fill=ink)
    return np.asarray(image, float)


def photographed(rng, size, skin, others):
    """A piece of another picture's upper part, mostly background."""
    other = others[rng.integers(len(others))]
    side = rng.integers(20, 60)
    x, y = rng.integers(0, other.shape[1] - side), rng.integers(0, max(1, other.shape[0] // 4))
    piece = Image.fromarray(other[y:y + side, x:x + side].astype(np.uint8))
    return np.asarray(piece.resize((size, size), Image.BICUBIC), float)


def cloth(rng, size, skin, others):
    """Any of the patterns, with a fine weave now and then."""
    kind = rng.choice([solid, mottled, striped, printed, photographed], p=[0.5, 0.14, 0.12, 0.14, 0.1])
    texture = kind(rng, size, skin, others)
    if rng.random() < 0.3:
        texture = texture * (1 + rng.uniform(0, 0.15) * smooth_noise(rng, size, rng.uniform(1.5, 4)))[..., None]
    return np.clip(texture, 0, 255)


def blurred(mask, sigma):
    """A 0..1 mask with soft edges."""
    image = Image.fromarray((mask * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)), float) / 255

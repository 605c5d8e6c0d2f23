"""What cameras and files do to a picture: light, colour, sharpness, noise, size, compression."""

import io

import numpy as np
from PIL import Image, ImageFilter


def lit(rng, picture):
    """Exposure, contrast, colour of the light, grey pictures, shadows over the scene."""
    x = picture / 255
    if rng.random() < 0.4:
        x = x ** rng.uniform(0.5, 2)
    if rng.random() < 0.4:
        x = x * rng.uniform(0.75, 1.3, 3)
    if rng.random() < 0.2:
        x = x * rng.uniform(0.2, 0.6)
    if rng.random() < 0.1:
        x = x * rng.uniform(1.2, 2.2)
    if rng.random() < 0.25:
        x = x * shadow(rng, x.shape[0])[..., None]
    if rng.random() < 0.15:
        x = np.repeat(x @ np.array([[0.299], [0.587], [0.114]]), 3, 2)
    return np.clip(x, 0, 1) * 255


def shadow(rng, size):
    """A soft edge between light and dark anywhere across the picture."""
    angle, where = rng.uniform(0, 2 * np.pi), rng.uniform(-0.25, 0.25) * size
    y, x = np.mgrid[:size, :size] - size / 2
    edge = (x * np.cos(angle) + y * np.sin(angle) - where) / rng.uniform(2, 60)
    return 1 - rng.uniform(0.2, 0.8) / (1 + np.exp(-np.clip(edge, -30, 30)))


def save(rng, picture, path):
    """Writes the picture as a camera and a website might have left it."""
    image = Image.fromarray(lit(rng, picture).astype(np.uint8))
    if rng.random() < 0.45:
        edge = tuple(int(v) for v in rng.integers(0, 255, 3))
        image = image.rotate(rng.normal(0, 12), Image.BICUBIC, fillcolor=edge)
    if rng.random() < 0.4:
        image = image.resize((int(image.width * rng.uniform(0.85, 1.2)), image.height), Image.BICUBIC)
    if rng.random() < 0.35:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 3)))
    if rng.random() < 0.4:
        scale = rng.uniform(0.3, 0.8)
        image = image.resize((int(image.width * scale), int(image.height * scale)), rng.choice([Image.BILINEAR, Image.BOX]))
    if rng.random() < 0.3:
        noisy = np.asarray(image, float) + rng.normal(0, rng.uniform(0, 18), (image.height, image.width, 3))
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    image.save(path, quality=int(rng.integers(25, 96)))

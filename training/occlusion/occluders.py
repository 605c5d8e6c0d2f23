"""What can hide a face, and what only looks as if it did. Every function returns the layers to lay over the face."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

import textures


@dataclass
class Layer:
    colour: np.ndarray   # H×W×3, 0..255
    alpha: np.ndarray    # H×W, 0..1
    hides: bool = True   # whether what is under it counts as covered


def mirrored(points, side):
    """Landmarks of the face seen in a mirror, in iBUG order again."""
    order = (list(range(16, -1, -1)) + list(range(26, 16, -1)) + [27, 28, 29, 30, 35, 34, 33, 32, 31]
             + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
             + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65])
    flipped = points[order].copy()
    flipped[:, 0] = side - flipped[:, 0]
    return flipped


def canvas(face, draw, soften):
    """A 0..1 mask painted by draw(pen)."""
    image = Image.new("L", (face.shape[1], face.shape[0]))
    draw(ImageDraw.Draw(image))
    return textures.blurred(np.asarray(image, float) / 255, soften)


def polygon(face, points, soften=1.0):
    return canvas(face, lambda pen: pen.polygon([tuple(p) for p in points], fill=255), soften)


def curve(points, n=12):
    """A smooth line through the points (Catmull-Rom)."""
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, n, endpoint=False)[:, None]
    pieces = [0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3)
              for a, b, c, d in zip(p, p[1:], p[2:], p[3:])]
    return np.concatenate(pieces + [points[-1:]])


def skin(face, points):
    """The colour of the cheeks and the nose."""
    spots = np.concatenate([points[[29, 30, 33]], (points[[2, 14]] + points[[31, 35]]) / 2])
    x, y = np.clip(spots, 0, face.shape[0] - 1).astype(int).T
    return np.median(face[y, x], axis=0)


def size(points):
    """The distance of the eyes."""
    return np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0))


def shaded(rng, face, texture, alpha):
    """Cloth takes some of the scene's light and falls off towards its edges."""
    grey = face.mean(2)
    light = textures.blurred(grey / 255, 16)
    light = light / max((light * alpha).sum() / max(alpha.sum(), 1), 0.02)
    texture = texture * (np.clip(light, 0.4, 1.8) ** rng.uniform(0, 1))[..., None]
    if rng.random() < 0.6:
        depth = np.clip(textures.blurred(alpha, 18) * 2 - 1, 0, 1)
        texture = texture * (1 - rng.uniform(0, 0.5) * (1 - depth))[..., None]
    return np.clip(texture * rng.uniform(0.7, 1.1), 0, 255)


def nothing(rng, face, points, others):
    return []


def mask(rng, face, points, others):
    s = size(points)
    jaw = points[1:16] + rng.normal(0, 0.03 * s, (15, 2))
    centre = points[30]
    jaw = centre + (jaw - centre) * rng.uniform(0.92, 1.12)
    jaw = jaw[rng.integers(0, 3):15 - rng.integers(0, 3)]
    low = rng.random() < 0.08
    bridge = points[33] + [0, 0.08 * s] if low else points[27] + (points[30] - points[27]) * rng.uniform(0.1, 0.95)
    cheeks = [(bridge + jaw[end]) / 2 + [0, rng.uniform(-0.05, 0.25) * s] for end in (-1, 0)]
    top = curve(np.stack([jaw[-1], cheeks[0], bridge, cheeks[1], jaw[0]]))
    alpha = polygon(face, np.concatenate([curve(jaw), top]), rng.uniform(0.5, 1.5))
    texture = textures.cloth(rng, face.shape[0], skin(face, points), others)
    texture = shaded(rng, face, texture, alpha)
    if rng.random() < 0.5:
        texture = pleated(rng, texture, points)
    layers = [Layer(texture, alpha)]
    if rng.random() < 0.6:
        layers.append(straps(rng, face, points, jaw))
    if rng.random() < 0.08:
        layers += sunglasses(rng, face, points, others)
    return layers


def pleated(rng, texture, points):
    """Folds across the mask."""
    s = size(points)
    for _ in range(rng.integers(1, 5)):
        y = rng.uniform(points[29, 1], points[8, 1])
        line = np.stack([[points[2, 0], y + rng.uniform(-.2, .1) * s], [points[30, 0], y], [points[14, 0], y + rng.uniform(-.2, .1) * s]])
        fold = canvas(texture, lambda pen: pen.line([tuple(p) for p in curve(line)], fill=255, width=int(rng.integers(1, 4))), 1.5)
        texture = texture * (1 - rng.uniform(0.1, 0.5) * fold)[..., None]
    return texture


def straps(rng, face, points, jaw):
    ink = textures.colour(rng, skin(face, points))
    ends = [(jaw[0], points[0]), (jaw[3], points[0]), (jaw[-1], points[16]), (jaw[-4], points[16])]

    def draw(pen):
        for a, b in ends:
            pen.line([tuple(a), tuple(b)], fill=255, width=int(rng.integers(1, 4)))
    return Layer(np.ones(face.shape) * ink, canvas(face, draw, 0.7), hides=False)


def scarf(rng, face, points, others):
    """Cloth from somewhere between nose and lower lip down over the neck, now and then a balaclava."""
    s, h = size(points), face.shape[0]
    height = points[29] + (points[57] - points[29]) * rng.uniform(0, 0.75)
    left, right = points[3] - [0.25 * s, 0], points[13] + [0.25 * s, 0]
    top = curve(np.stack([left, (left + height) / 2 + rng.normal(0, .08 * s, 2), height, (right + height) / 2 + rng.normal(0, .08 * s, 2), right]))
    outline = np.concatenate([top, [[right[0] + rng.uniform(0, s), h], [left[0] - rng.uniform(0, s), h]]])
    alpha = polygon(face, outline, rng.uniform(0.5, 2))
    texture = shaded(rng, face, textures.cloth(rng, h, skin(face, points), others), alpha)
    for _ in range(rng.integers(0, 4)):
        y = rng.uniform(height[1], h)
        fold = canvas(face, lambda pen: pen.line([(left[0], y), (height[0], y + rng.normal(0, .3 * s)), (right[0], y)], fill=255, width=4), 4)
        texture = texture * (1 - rng.uniform(0.1, 0.5) * fold)[..., None]
    return [Layer(texture, alpha)]


def hand(rng, face, points, others):
    """A palm and fingers in the skin's own colour over mouth, nose or an eye."""
    s = size(points)
    target = points[[33, 51, 57, 62, 66, 38, 43, 30]][rng.integers(8)] + rng.normal(0, 0.15 * s, 2)
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.4 else rng.uniform(-0.9, 0.9)
    along = np.array([np.sin(angle), -np.cos(angle)])
    across = np.array([along[1], -along[0]]) * -1
    tone = np.clip(skin(face, points) * rng.uniform(0.75, 1.15) + rng.normal(0, 8, 3), 0, 255)
    width = rng.uniform(0.2, 0.32) * s
    layers = []
    palm = target - along * rng.uniform(0.3, 0.9) * s
    ring = [palm + rng.uniform(0.5, 0.7) * s * (np.cos(a) * across * 1.05 + np.sin(a) * along) for a in np.linspace(0, 2 * np.pi, 20)]
    arm = [palm + across * 0.5 * s, palm - across * 0.5 * s, palm - across * 0.45 * s - along * 3 * s, palm + across * 0.45 * s - along * 3 * s]
    alpha = np.maximum(polygon(face, ring, 1), polygon(face, arm, 1))
    layers.append(flesh(rng, face, tone, alpha))
    for i in range(rng.integers(2, 5)):
        root = palm + across * (i - 1.5) * width * 1.05
        tip = root + along * rng.uniform(1.0, 1.7) * s + across * rng.normal(0, 0.08 * s)
        alpha = canvas(face, lambda pen: capsule(pen, root, tip, width), 1)
        layers.append(flesh(rng, face, tone, alpha))
    return layers


def capsule(pen, a, b, width):
    pen.line([tuple(a), tuple(b)], fill=255, width=int(width))
    for p in (a, b):
        pen.ellipse((p[0] - width / 2, p[1] - width / 2, p[0] + width / 2, p[1] + width / 2), fill=255)


def flesh(rng, face, tone, alpha):
    """Skin that darkens towards the edges of the finger."""
    depth = np.clip(textures.blurred(alpha, 4) * 2 - 1, 0, 1)
    noise = 1 + 0.05 * textures.smooth_noise(rng, face.shape[0], 6)
    texture = tone * (0.55 + 0.5 * depth ** 0.5)[..., None] * noise[..., None]
    return Layer(np.clip(texture, 0, 255), alpha)


def lenses(rng, face, points, grow):
    """The two glasses' outlines."""
    s = size(points)
    rx, ry, square = rng.uniform(0.34, 0.5) * s * grow, rng.uniform(0.24, 0.42) * s * grow, rng.uniform(2, 6)
    drop = rng.uniform(-0.05, 0.12) * s
    outlines = []
    for eye in (points[36:42].mean(0), points[42:48].mean(0)):
        angles = np.linspace(0, 2 * np.pi, 40)
        c, n = np.cos(angles), np.sin(angles)
        x = np.sign(c) * np.abs(c) ** (2 / square) * rx
        y = np.sign(n) * np.abs(n) ** (2 / square) * ry
        outlines.append(eye + [0, drop] + np.stack([x, y], 1))
    return outlines


def frame(rng, face, points, outlines, width):
    ink = textures.colour(rng, skin(face, points)) * rng.uniform(0.1, 1)
    bridge = [outlines[0][0], points[27], outlines[1][20]]
    arms = [(outlines[0][20], points[0]), (outlines[1][0], points[16])]

    def draw(pen):
        for outline in outlines:
            pen.line([tuple(p) for p in outline] + [tuple(outline[0])], fill=255, width=width)
        pen.line([tuple(p) for p in bridge], fill=255, width=width)
        for a, b in arms:
            pen.line([tuple(a), tuple(b)], fill=255, width=width)
    return Layer(np.ones(face.shape) * ink, canvas(face, draw, 0.6), hides=False)


def reflection(rng, face, outlines, alpha, strength):
    """Light patches on the glass."""
    layers = []
    for outline in outlines:
        centre, reach = outline.mean(0), np.ptp(outline[:, 0]) / 2
        spots = centre + rng.normal(0, 0.6 * reach, (4, 2))
        patch = polygon(face, spots, rng.uniform(1, 5)) * alpha * strength
        layers.append(Layer(np.ones(face.shape) * rng.uniform(150, 255, 3), patch, hides=False))
    return layers


def sunglasses(rng, face, points, others):
    outlines = lenses(rng, face, points, 1.08)
    alpha = np.maximum(*(polygon(face, o, 0.8) for o in outlines))
    h = face.shape[0]
    kind = rng.random()
    if kind < 0.6:
        texture = np.ones(face.shape) * rng.uniform(0, 60) * rng.uniform(0.6, 1.2, 3)
    elif kind < 0.8:
        ramp = np.clip((np.mgrid[:h, :h][0] - points[27, 1]) / size(points) + 0.5, 0, 1)[..., None]
        texture = ramp * rng.uniform(0, 200, 3) + (1 - ramp) * rng.uniform(0, 120, 3)
    else:
        texture = textures.photographed(rng, h, skin(face, points), others) * rng.uniform(0.4, 1)
    opacity = rng.uniform(0.72, 1)
    layers = [Layer(texture, alpha * opacity)]
    if rng.random() < 0.5:
        layers += reflection(rng, face, outlines, alpha, rng.uniform(0.1, 0.7))
    layers.append(frame(rng, face, points, outlines, int(rng.integers(1, 7))))
    return layers


def thing(rng, face, points, others):
    """Anything else in front: a cup, a telephone, a sheet of paper, hair, another head."""
    s, h = size(points), face.shape[0]
    target = points[[33, 51, 62, 57, 38, 43, 30, 27]][rng.integers(8)] + rng.normal(0, 0.3 * s, 2)
    n = rng.integers(3, 9)
    reach = rng.uniform(0.4, 1.6) * s
    angles = np.sort(rng.uniform(0, 2 * np.pi, n))
    corners = target + reach * rng.uniform(0.6, 1.2, (n, 1)) * np.stack([np.cos(angles) * rng.uniform(0.6, 1.6), np.sin(angles)], 1)
    outline = curve(np.concatenate([corners, corners[:1]])) if rng.random() < 0.6 else corners
    alpha = polygon(face, outline, rng.uniform(0.5, 2.5))
    return [Layer(shaded(rng, face, textures.cloth(rng, h, skin(face, points), others), alpha), alpha)]


def lookalike(rng, face, points, others):
    """Beards, clear glasses, painted lips, open mouths, hats, collars and things beside the face: nothing is hidden."""
    layers = []
    for draw, chance in ((beard, 0.4), (glasses, 0.4), (painted, 0.15), (yawning, 0.15), (hat, 0.2), (collar, 0.2), (beside, 0.15)):
        if rng.random() < chance:
            layers += draw(rng, face, points, others)
    for layer in layers:
        layer.hides = False
    return layers


def beard(rng, face, points, others):
    s, h = size(points), face.shape[0]
    first = rng.integers(1, 5)
    jaw = points[8] + (points[first:17 - first] - points[8]) * rng.uniform(1, 1.08)
    jaw[:, 1] += rng.uniform(0, 0.25) * s * np.sin(np.linspace(0, np.pi, len(jaw)))
    lip = points[33] + (points[51] - points[33]) * rng.uniform(0.3, 0.9)
    cheek = rng.uniform(0.2, 0.6)
    top = np.stack([jaw[-1], points[54] + (points[14] - points[54]) * cheek, points[54] + [0.06 * s, 0], lip,
                    points[48] - [0.06 * s, 0], points[48] + (points[2] - points[48]) * cheek, jaw[0]])
    area = polygon(face, np.concatenate([curve(jaw), top]), rng.uniform(2, 5))
    area *= 1 - polygon(face, points[48:60], 1.5)
    tone = np.array([(25, 20, 18), (60, 42, 30), (110, 75, 45), (150, 148, 145), (200, 198, 195)][rng.integers(5)], float)
    grain = textures.smooth_noise(rng, h, rng.uniform(1.2, 3))
    texture = np.clip(tone * (1 + 0.4 * grain)[..., None], 0, 255)
    alpha = area * np.clip(rng.uniform(0.35, 0.95) + 0.25 * textures.smooth_noise(rng, h, 2), 0, 1)
    return [Layer(texture, alpha)]


def glasses(rng, face, points, others):
    outlines = lenses(rng, face, points, 1)
    glass = np.maximum(*(polygon(face, o, 0.8) for o in outlines))
    tint = Layer(np.ones(face.shape) * rng.uniform(0, 200, 3), glass * rng.uniform(0, 0.3))
    layers = [tint, frame(rng, face, points, outlines, int(rng.integers(1, 6)))]
    if rng.random() < 0.4:
        layers += reflection(rng, face, outlines, glass, rng.uniform(0.1, 0.5))
    return layers


def painted(rng, face, points, others):
    inside = polygon(face, points[60:68], 0.7)
    return [Layer(np.ones(face.shape) * [rng.uniform(100, 220), rng.uniform(0, 60), rng.uniform(20, 90)],
                  polygon(face, points[48:60], 1) * (1 - inside) * rng.uniform(0.4, 0.9))]


def yawning(rng, face, points, others):
    """A dark open mouth with a hint of teeth and tongue."""
    lips = points[48:60]
    centre, width = lips.mean(0), np.ptp(lips[:, 0])
    angles = np.linspace(0, 2 * np.pi, 24)
    rx, ry = rng.uniform(0.25, 0.45) * width, rng.uniform(0.2, 0.6) * width
    ring = lambda k: centre + np.stack([k * rx * np.cos(angles), k * ry * np.sin(angles)], 1)
    lip = np.array([170, 90, 85]) * rng.uniform(0.5, 1.1)
    layers = [Layer(np.ones(face.shape) * lip, polygon(face, ring(1.25), 1.5)),
              Layer(np.ones(face.shape) * rng.uniform(10, 60, 3), polygon(face, ring(1), 1.5))]
    if rng.random() < 0.5:
        teeth = centre - [0, 0.75 * ry] + np.stack([0.6 * rx * np.cos(angles), 0.2 * ry * np.sin(angles)], 1)
        layers.append(Layer(np.ones(face.shape) * rng.uniform(150, 240), polygon(face, teeth, 1)))
    return layers


def hat(rng, face, points, others):
    s, h = size(points), face.shape[0]
    brow = points[17:27, 1].min() - rng.uniform(0.08, 0.5) * s
    left, right = points[0, 0] - rng.uniform(0, 0.8) * s, points[16, 0] + rng.uniform(0, 0.8) * s
    rim = curve(np.array([[left, brow + rng.uniform(0, .3) * s], [points[27, 0], brow], [right, brow + rng.uniform(0, .3) * s]]))
    alpha = polygon(face, np.concatenate([rim, [[right, 0], [left, 0]]]), 1)
    return [Layer(shaded(rng, face, textures.cloth(rng, h, skin(face, points), others), alpha), alpha)]


def collar(rng, face, points, others):
    s, h = size(points), face.shape[0]
    chin = points[8] + [0, rng.uniform(0.02, 0.3) * s]
    left, right = points[4] + [-0.3 * s, 0.2 * s], points[12] + [0.3 * s, 0.2 * s]
    top = curve(np.stack([left, chin, right]))
    alpha = polygon(face, np.concatenate([top, [[right[0] + s, h], [left[0] - s, h]]]), 1)
    return [Layer(shaded(rng, face, textures.cloth(rng, h, skin(face, points), others), alpha), alpha)]


def beside(rng, face, points, others):
    """A hand or a thing next to the cheek that reaches the outline only."""
    s = size(points)
    side = points[rng.choice([1, 2, 3, 13, 14, 15])]
    out = np.sign(side[0] - points[30, 0])
    centre = side + [out * rng.uniform(0.45, 0.8) * s, rng.uniform(-0.3, 0.6) * s]
    angles = np.linspace(0, 2 * np.pi, 20)
    blob = centre + np.stack([0.45 * s * np.cos(angles), rng.uniform(0.4, 1) * s * np.sin(angles)], 1)
    tone = np.clip(skin(face, points) * rng.uniform(0.75, 1.15), 0, 255)
    return [flesh(rng, face, tone, polygon(face, blob, 1))]

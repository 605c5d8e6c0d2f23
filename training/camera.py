"""What a camera, a cheap one mostly, does to a scene: light, tone, optics, noise, processing, codec. Scenes are H×W×3 uint8 BGR."""
import cv2
import numpy as np


def capture(rng, image, face_width, strength=1.0):
    """The scene as a random, mostly poor camera delivers it, same size. strength scales the changes."""
    strength *= rng.uniform(0.2, 1.2)
    f = image.astype(np.float32) / 255
    if rng.random() < 0.85:
        f = _tone(rng, f, strength)
    f = _light(rng, f)
    f = _blur(rng, f, face_width * strength)
    if rng.random() < 0.65:
        f = _noise(rng, f, strength)
    if rng.random() < 0.04:
        f = np.repeat(f @ np.float32([[0.114], [0.587], [0.299]]), 3, 2)
    out = (np.clip(f, 0, 1) * 255).astype(np.uint8)
    out = _processing(rng, out)
    if rng.random() < 0.85:
        out = jpeg(out, rng.uniform(25, 97))
    if rng.random() < 0.3:
        out = jpeg(out, rng.uniform(35, 95))
    return out


def well_captured(rng, image):
    """By a camera that shows neither noise nor blur: flat skin smoothed, edges sharpened, one JPEG."""
    f = _light(rng, _tone(rng, image.astype(np.float32) / 255, rng.uniform(0, 1)))
    out = (np.clip(f, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.5:
        out = cv2.bilateralFilter(out, int(rng.choice([5, 7])), rng.uniform(8, 35), rng.uniform(1, 4))
    if rng.random() < 0.6:
        out = _sharpened(out, rng.uniform(0.2, 1.2), rng.uniform(0.7, 2.5))
    return jpeg(out, rng.uniform(50, 97))


def _sharpened(image, amount, radius):
    return cv2.addWeighted(image, 1 + amount, cv2.GaussianBlur(image, (0, 0), radius), -amount, 0)


def jpeg(image, quality):
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)


def smooth_field(rng, height, width, knots, deviation):
    """A smooth random H×W field with the given deviation at its knots."""
    field = rng.normal(0, deviation, (knots, knots)).astype(np.float32)
    return cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)


def _tone(rng, f, strength):
    """Gamma, white balance, gain, contrast, saturation."""
    f = np.clip(f, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.25 * strength)))
    f *= (np.exp(rng.normal(0, 0.08 * strength, 3)) * np.exp(rng.normal(0, 0.14 * strength))).astype(np.float32)
    contrast = np.float32(np.exp(rng.normal(0, 0.15 * strength)))
    f = (f - 0.45) * contrast + np.float32(0.45 + rng.normal(0, 0.03 * strength))
    saturation = np.float32(np.exp(rng.normal(0, 0.25 * strength)))
    grey = f.mean(2, keepdims=True)
    return grey + (f - grey) * saturation


def _light(rng, f):
    height, width = f.shape[:2]
    if rng.random() < 0.3:
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
        f = f * (1 - np.float32(rng.uniform(0, 0.35)) * (x * x + y * y) / 2)[..., None]
    if rng.random() < 0.3:
        f = f * (1 + np.float32(rng.uniform(-0.45, 0.45)) * np.linspace(-1, 1, width, dtype=np.float32))[None, :, None]
    if rng.random() < 0.2:
        f = f * (1 + smooth_field(rng, height, width, 4, rng.uniform(0.05, 0.25)))[..., None]
    return f


def _blur(rng, f, face_width):
    kind = rng.random()
    if kind < 0.45:
        return cv2.GaussianBlur(f, (0, 0), rng.uniform(0.3, 0.3 + 0.012 * face_width))
    if kind < 0.57:
        length = int(rng.integers(2, max(4, int(0.05 * face_width))))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, turn, (length, length))
        return cv2.filter2D(f, -1, kernel / max(kernel.sum(), 1e-3))
    return f


def _noise(rng, f, strength):
    height, width = f.shape[:2]
    channels = 1 if rng.random() < 0.5 else 3
    noise = rng.standard_normal((height, width, channels), dtype=np.float32)
    noise *= np.float32(np.exp(rng.uniform(np.log(0.004), np.log(0.06))) * min(strength, 1))
    if rng.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.4, 1.2)).reshape(height, width, -1)
    return f + noise * np.sqrt(np.clip(f, 0.05, 1))


def _processing(rng, image):
    """Noise reduction, sharpening, digital zoom."""
    height, width = image.shape[:2]
    if rng.random() < 0.2:
        image = cv2.bilateralFilter(image, 5, rng.uniform(10, 40), 3)
    if rng.random() < 0.35:
        image = _sharpened(image, rng.uniform(0.3, 1.6), rng.uniform(0.7, 2))
    if rng.random() < 0.3:
        k = rng.uniform(0.35, 0.85)
        down = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
        small = cv2.resize(image, None, fx=k, fy=k, interpolation=down)
        image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC)
    return image

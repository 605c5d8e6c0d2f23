#!/usr/bin/python3
"""Makes the committed test pictures anew, from the public domain photographs in Debian's python3-skimage.

Run from the repository root: /usr/bin/python3 testdata/make_fixtures.py
Needs Debian 12's python3-pil, python3-skimage and libjpeg-turbo-progs (cjpeg).
"""
import io
import pathlib
import struct
import subprocess
import zlib

from PIL import Image
import skimage

SOURCES = pathlib.Path(skimage.__file__).parent / "data"
SHARED = pathlib.Path("testdata")
KINDS = pathlib.Path("internal/decode/testdata")
ORIENTATION_TAG = 0x0112

# What has to be done to an upright picture so that a viewer obeying the EXIF value sees it upright again.
STORED_FOR = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def turned(image, orientation):
    method = STORED_FOR[orientation]
    return image if method is None else image.transpose(method)


def exif_with(orientation):
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return exif


def cjpeg(image, path, *options):
    ppm = io.BytesIO()
    image.save(ppm, "PPM")
    path.write_bytes(subprocess.run(["cjpeg", *options], input=ppm.getvalue(), stdout=subprocess.PIPE, check=True).stdout)


def make_shared(astronaut):
    """The pictures that every package's tests may use."""
    astronaut.save(SHARED / "astronaut.jpg", quality=90)
    head = astronaut.crop((112, 0, 336, 288))  # not square, so that a wrong orientation shows in the size
    for orientation in STORED_FOR:
        turned(head, orientation).save(SHARED / f"astronaut-exif{orientation}.jpg", quality=85, exif=exif_with(orientation))
    head.save(SHARED / "astronaut.png", optimize=True)
    head.save(SHARED / "astronaut.webp", quality=85, method=6)
    head.convert("CMYK").save(SHARED / "astronaut-cmyk.jpg", quality=80)
    Image.open(SOURCES / "rocket.jpg").convert("RGB").save(SHARED / "noface.jpg", quality=80)


def ycck(image):
    """A YCCK JPEG: the planes are converted by hand, then the Adobe marker is told so."""
    cyan, magenta, yellow, black = image.convert("CMYK").split()
    ycc = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr")
    # Pillow writes CMYK inverted; what must stand in the file is Y, Cb, Cr as they are and K inverted.
    y, cb, cr = (plane.point(lambda v: 255 - v) for plane in ycc.split())
    file = io.BytesIO()
    Image.merge("CMYK", (y, cb, cr, black)).save(file, "JPEG", quality=90)
    data = bytearray(file.getvalue())
    transform = data.index(b"Adobe") + 11
    assert data[transform] == 0
    data[transform] = 2
    return bytes(data)


def make_kinds(astronaut):
    """One small picture in every kind that decode takes; its odd sides leave partial blocks at the edges."""
    small = astronaut.crop((160, 20, 294, 186)).resize((67, 83), Image.Resampling.LANCZOS)
    grey, cmyk = small.convert("L"), small.convert("CMYK")
    alpha = small.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(small.size))

    save_jpegs(small, grey, cmyk)
    save_pngs(small, grey, alpha)
    save_odd_pngs(small, alpha)
    small.save(KINDS / "lossy.webp", quality=90, method=6)
    small.save(KINDS / "lossless.webp", lossless=True, method=6)
    alpha.save(KINDS / "alpha.webp", lossless=True, exact=True, method=6)
    alpha.save(KINDS / "alpha-lossy.webp", quality=90, exact=True, method=6)
    second = turned(small, 3)
    for name in ("animated.webp", "animated.png"):
        small.save(KINDS / name, save_all=True, append_images=[second], duration=100, lossless=True)
    palette = small.quantize(64, dither=Image.Dither.NONE)
    palette.save(KINDS / "plain.gif")
    palette.save(KINDS / "animated.gif", save_all=True, append_images=[second.quantize(64)], duration=100)
    small.save(KINDS / "rgb.bmp")
    palette.save(KINDS / "palette.bmp")
    grey.save(KINDS / "grey.bmp")
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        small.save(KINDS / f"rgb-{compression.removeprefix('tiff_')}.tiff", compression=compression)
    grey.save(KINDS / "grey.tiff", compression="tiff_lzw")
    save_oriented(small)


def save_jpegs(small, grey, cmyk):
    small.save(KINDS / "baseline.jpg", quality=90, subsampling="4:2:0")
    small.save(KINDS / "progressive.jpg", quality=90, progressive=True)
    for ratio, sample in (("444", "1x1"), ("422", "2x1"), ("440", "1x2"), ("411", "4x1"), ("410", "4x2")):
        cjpeg(small, KINDS / f"{ratio}.jpg", "-quality", "90", "-sample", sample)
    cjpeg(small, KINDS / "rgb.jpg", "-quality", "90", "-rgb")
    cjpeg(small, KINDS / "arithmetic.jpg", "-quality", "90", "-arithmetic")
    cjpeg(small, KINDS / "restart.jpg", "-quality", "90", "-restart", "1")
    grey.save(KINDS / "grey.jpg", quality=90)
    cmyk.save(KINDS / "cmyk.jpg", quality=90)
    (KINDS / "ycck.jpg").write_bytes(ycck(small))


def save_pngs(small, grey, alpha):
    small.save(KINDS / "rgb.png", optimize=True)
    grey.save(KINDS / "grey.png", optimize=True)
    grey.convert("1").save(KINDS / "bilevel.png", optimize=True)
    small.quantize(64).save(KINDS / "palette.png", optimize=True)
    alpha.save(KINDS / "alpha.png", optimize=True)
    wide = Image.new("I;16", grey.size)
    wide.putdata([v * 257 for v in grey.getdata()])
    wide.save(KINDS / "grey16.png", optimize=True)


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def write_png(path, size, depth, colour_type, interlaced, scanlines):
    """For the kinds that Pillow reads but can't write; scanlines come without filters."""
    header = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, interlaced)
    packed = zlib.compress(b"".join(b"\0" + line for line in scanlines), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b""))


def adam7(image):
    """The scanlines of an interlaced PNG: each pass takes every so many pixels from a first one."""
    width, height = image.size
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        for y in range(y0, height, dy):
            yield b"".join(bytes(image.getpixel((x, y))) for x in range(x0, width, dx))


def save_odd_pngs(small, alpha):
    write_png(KINDS / "interlaced.png", small.size, 8, 2, 1, adam7(small))
    doubled = [bytes(v for byte in alpha.crop((0, y, alpha.width, y + 1)).tobytes() for v in (byte, byte)) for y in range(alpha.height)]
    write_png(KINDS / "rgba16.png", alpha.size, 16, 6, 0, doubled)


def save_oriented(small):
    for orientation in (1, 3, 6, 8):
        stored, exif = turned(small, orientation), exif_with(orientation)
        stored.save(KINDS / f"exif{orientation}.png", exif=exif, optimize=True)
        stored.save(KINDS / f"exif{orientation}.webp", exif=exif, lossless=True, method=6)
        stored.save(KINDS / f"exif{orientation}.tiff", exif=exif, compression="tiff_lzw")


def over_white(image):
    if image.mode == "I;16" or image.mode == "I":
        return Image.frombytes("L", image.size, bytes(v >> 8 for v in image.getdata())).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def make_golden():
    """What Pillow sees in each of the kinds, as RGB over white. (The exif* files must equal rgb.png.)"""
    golden = KINDS / "golden"
    golden.mkdir(exist_ok=True)
    for path in sorted(set(KINDS.glob("*.*")) - set(KINDS.glob("exif*"))):
        with Image.open(path) as image:
            over_white(image).save(golden / (path.name + ".png"), optimize=True)


def main():
    astronaut = Image.open(SOURCES / "astronaut.png").convert("RGB")
    astronaut.info.clear()  # its colour profile would be copied into every file
    KINDS.mkdir(parents=True, exist_ok=True)
    make_shared(astronaut)
    make_kinds(astronaut)
    make_golden()


if __name__ == "__main__":
    main()

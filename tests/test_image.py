"""`load_image`: whatever the file was, upright, RGB, 8 bits, with known colours at known places."""

import contextlib
import io
import os
import warnings

import numpy as np
import pytest
from PIL import Image

from reference import load_image
from reference.image import CONVERSIONS, decoding

SIZE = (40, 30)  # PIL's order: width, height
QUARTERS = np.array([[[250, 20, 30], [10, 200, 40]], [[20, 60, 240], [240, 240, 250]]], dtype=np.uint8)
UPRIGHT = Image.fromarray(QUARTERS.repeat(15, axis=0).repeat(20, axis=1))

# What turns the stored image into the upright one, and so undone makes the file of each EXIF orientation.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters(image):
    """Mean colours of the four quarters, away from their borders."""
    pixels = np.asarray(image, dtype=float)
    return [pixels[y : y + 7, x : x + 12].mean(axis=(0, 1)) for y in (4, 19) for x in (4, 24)]


def assert_upright_rgb(image, tolerance):
    assert (image.mode, image.size) == ("RGB", SIZE)
    np.testing.assert_allclose(quarters(image), QUARTERS.reshape(-1, 3), atol=tolerance)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
@pytest.mark.parametrize("orientation", [1, *STORED_AS])
def test_every_exif_orientation_comes_out_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = UPRIGHT.transpose(STORED_AS[orientation]) if orientation in STORED_AS else UPRIGHT
    path = tmp_path / f"image.{suffix}"
    stored.save(path, exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    image = load_image(path)
    assert_upright_rgb(image, 6 if suffix == "jpg" else 0)
    said = image.info["conversions"]
    assert said == (() if orientation == 1 else (f"EXIF orientation {orientation} applied",))


def test_an_orientation_that_does_not_exist_changes_nothing(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 9
    UPRIGHT.save(tmp_path / "image.png", exif=exif)
    assert load_image(tmp_path / "image.png").info["conversions"] == ()


def with_alpha(alpha):
    return Image.merge("RGBA", (*UPRIGHT.split(), Image.new("L", SIZE, alpha)))


COLOURS = {
    "rgb.png": (UPRIGHT, 0, ()),
    "palette.png": (UPRIGHT.quantize(8), 1, ("P converted to RGB",)),
    "palette.gif": (UPRIGHT.quantize(8), 1, ("P converted to RGB",)),
    "opaque.png": (with_alpha(255), 0, ("transparency laid over white",)),
    "cmyk.jpg": (UPRIGHT.convert("CMYK"), 6, ("CMYK converted to RGB",)),
    "cmyk.tif": (UPRIGHT.convert("CMYK"), 1, ("CMYK converted to RGB",)),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colours_survive_the_file(tmp_path, name):
    image, tolerance, said = COLOURS[name]
    image.save(tmp_path / name)
    loaded = load_image(tmp_path / name)
    assert_upright_rgb(loaded, tolerance)
    assert loaded.info["conversions"] == said


@pytest.mark.parametrize(("alpha", "share"), [(0, 0), (51, 0.2), (255, 1)])
def test_transparency_is_laid_over_white(tmp_path, alpha, share):
    with_alpha(alpha).save(tmp_path / "image.png")
    want = share * QUARTERS.reshape(-1, 3).astype(float) + (1 - share) * 255
    np.testing.assert_allclose(quarters(load_image(tmp_path / "image.png")), want, atol=1)


def test_a_transparent_palette_colour_is_white(tmp_path):
    palette = UPRIGHT.quantize(8)
    palette.save(tmp_path / "image.png", transparency=palette.getpixel((4, 4)))
    assert load_image(tmp_path / "image.png").getpixel((4, 4)) == (255, 255, 255)


GREY = np.array([[0, 1, 128], [200, 254, 255]], dtype=np.uint8)
GREYS = {
    "8.png": GREY,
    "16.png": GREY.astype(np.uint16) * 257,
    "16.tif": GREY.astype(np.uint16) * 257,
    "32.tif": GREY.astype(np.int32) * 257,
    "float.tif": GREY.astype(np.float32) / 255,
}


@pytest.mark.parametrize("name", GREYS)
def test_grey_is_scaled_not_clipped(tmp_path, name):
    """65535 is white and 257 is 1 of 255; Pillow's own conversion would clip all above 255 to white."""
    Image.fromarray(GREYS[name]).save(tmp_path / name)
    image = load_image(tmp_path / name)
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), GREY[..., None].repeat(3, axis=-1))


SIGNALLING = np.array([[0x7F800001]], np.uint32).view(np.float32)  # a NaN of which NumPy warns


@pytest.mark.parametrize("pixels", [np.full((2, 2), 1.5, np.float32), np.full((2, 2), -1, np.int32), SIGNALLING])
def test_pixels_of_unknown_range_are_refused(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "image.tif")
    with pytest.raises(ValueError, match=r"image\.tif.*must lie in \[0, "):
        load_image(tmp_path / "image.tif")


def damaged(kind):

    buffer = io.BytesIO()
    Image.effect_noise(SIZE, 50).save(buffer, "PNG" if kind != "cut jpeg" else "JPEG")
    whole = buffer.getvalue()
    return {
        "empty": b"",
        "text": b"points are (u, v)",
        "cut png": whole[: len(whole) // 2],
        "cut jpeg": whole[: len(whole) // 2],
        "header only": whole[:33],
        "bomb": whole[:16] + (60000).to_bytes(4, "big") * 2 + whole[24:],
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "text", "cut png", "cut jpeg", "header only", "bomb"])
def test_what_is_no_whole_image_is_refused_with_its_name(tmp_path, kind):
    path = tmp_path / "broken.png"
    path.write_bytes(damaged(kind))
    with pytest.raises(ValueError, match=r"broken\.png: "):
        load_image(path)


def test_what_is_cut_short_is_said_to_be_damaged():
    cut, says = io.BytesIO(damaged("cut png")), r"^depth\.png: the image is damaged \("
    with pytest.raises(ValueError, match=says), decoding(cut, "depth.png") as image:
        image.load()


def test_what_is_cut_short_is_said_to_be_no_rgb_where_that_was_asked_for(tmp_path):
    (tmp_path / "image.png").write_bytes(damaged("cut png"))
    with pytest.raises(ValueError, match=r"image\.png: the image is damaged or not readable as 8-bit RGB \("):
        load_image(tmp_path / "image.png")


def test_only_while_a_tiff_is_decoded_is_stderr_dropped(capfd):
    """Descriptor 2 itself, as libtiff uses it."""
    for kind, shown in (("PNG", "within, after"), ("TIFF", "after")):
        buffer = io.BytesIO()
        UPRIGHT.save(buffer, kind)
        with decoding(buffer, "image"):
            os.write(2, b"within, ")
        os.write(2, b"after")
        assert capfd.readouterr().err == shown


def test_a_program_is_refused_and_not_handed_to_another_program(tmp_path, monkeypatch):
    """Pillow would run Ghostscript on it, whatever the file is called."""
    UPRIGHT.save(tmp_path / "photo.eps")
    (tmp_path / "photo.eps").rename(tmp_path / "photo.png")
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("it ran a program"))
    with pytest.raises(ValueError, match=r"photo\.png: EPS is a program, which is not run here; export it as PNG"):
        load_image(tmp_path / "photo.png")


def test_of_a_damaged_tiff_nothing_is_printed(tmp_path, capfd):
    """Neither by libtiff, which prints by itself, nor by Pillow's logger."""
    UPRIGHT.save(tmp_path / "whole.tif", compression="tiff_lzw")
    whole = (tmp_path / "whole.tif").read_bytes()
    for at in range(0, len(whole), 3):
        (tmp_path / "image.tif").write_bytes(whole[:at] + b"\xff\xff" + whole[at + 2 :])
        with contextlib.suppress(ValueError):
            load_image(tmp_path / "image.tif")
    assert capfd.readouterr() == ("", "")


def test_a_missing_file_and_a_directory_are_oserrors(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_image(tmp_path / "nowhere.png")
    with pytest.raises(IsADirectoryError):
        load_image(tmp_path)


def test_what_was_converted_is_said(tmp_path):
    Image.fromarray(GREYS["16.png"]).save(tmp_path / "image.png")
    assert load_image(tmp_path / "image.png").info == {
        CONVERSIONS: ("I;16 pixels scaled to 8 bits", "L converted to RGB"),
    }


def test_transparent_grey_is_laid_over_white(tmp_path):
    Image.new("LA", (1, 1), (0, 51)).save(tmp_path / "image.png")
    assert load_image(tmp_path / "image.png").getpixel((0, 0)) == (204, 204, 204)


def test_float_pixels_are_rounded_once(tmp_path):
    """The float32 just above half of 1/255 is 1 of 255; a product rounded to float32 would be the half, and even."""
    Image.fromarray(np.full((1, 1), 0.5 / 255, np.float32)).save(tmp_path / "image.tif")
    assert load_image(tmp_path / "image.tif").getpixel((0, 0)) == (1, 1, 1)


def test_too_many_pixels_are_refused_with_the_file(tmp_path, monkeypatch):
    UPRIGHT.save(tmp_path / "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"image\.png: too many pixels to be an image in good faith$"):
        load_image(tmp_path / "image.png")


def test_neither_a_large_image_nor_odd_metadata_is_a_warning(tmp_path, monkeypatch):
    UPRIGHT.save(tmp_path / "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # of 1200: Pillow warns
    assert load_image(tmp_path / "image.png").size == SIZE
    pillows_own = Image.open

    def open_damaged(file):
        warnings.warn("Corrupt EXIF data", UserWarning, stacklevel=1)
        return pillows_own(file)

    monkeypatch.setattr(Image, "open", open_damaged)
    assert load_image(tmp_path / "image.png").size == SIZE

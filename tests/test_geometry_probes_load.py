"""Files of known pictures: each holds what its label says, stored as no loader may take it for granted."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from diagnostics.probes_load import (
    KnownFile,
    difference,
    mode_files,
    plain_file,
    rgb_levels,
    turned_files,
    worst_turn,
)

COLOURS = [(250, 20, 30), (10, 200, 40), (20, 60, 240), (240, 240, 250)]
GREYS = [(level,) * 3 for level in (20, 110, 170, 240)]


@pytest.fixture
def turned(tmp_path: Path) -> list[KnownFile]:
    return list(turned_files(tmp_path))


@pytest.fixture
def modes(tmp_path: Path) -> dict[str, KnownFile]:
    return {file.label: file for file in mode_files(tmp_path)}


def quarters(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours of an upright picture's quarters, read beside their corners; of 640x480 pixels, each 320x240."""
    assert image.size == (640, 480)
    read = np.asarray(image)
    corners = [(read[y, x], read[y + 239, x + 319]) for y in (0, 240) for x in (0, 320)]
    assert all((first == last).all() for first, last in corners)
    return [tuple(int(level) for level in first) for first, _ in corners]


def test_the_plain_file_holds_four_coloured_quarters(tmp_path: Path) -> None:
    plain = plain_file(tmp_path)
    assert (plain.label, plain.path, plain.plain, plain.orientation) == (
        "8-bit RGB",
        tmp_path / "plain.png",
        tmp_path / "plain.png",
        1,
    )
    assert quarters(plain.picture) == COLOURS
    with Image.open(plain.path) as image:
        assert (image.mode, image.format, quarters(image)) == ("RGB", "PNG", COLOURS)


def test_three_turns_are_stored_as_jpeg_and_as_png(turned: list[KnownFile]) -> None:
    assert [(file.label, file.path.name, file.orientation) for file in turned] == [
        ("JPEG with EXIF orientation 3", "turned3.jpg", 3),
        ("PNG with EXIF orientation 3", "turned3.png", 3),
        ("JPEG with EXIF orientation 6", "turned6.jpg", 6),
        ("PNG with EXIF orientation 6", "turned6.png", 6),
        ("JPEG with EXIF orientation 8", "turned8.jpg", 8),
        ("PNG with EXIF orientation 8", "turned8.png", 8),
    ]


def test_a_turned_file_is_upright_once_its_tag_is_applied_and_not_before(turned: list[KnownFile]) -> None:
    for file in turned:
        assert quarters(file.picture) == COLOURS
        assert quarters(Image.open(file.plain)) == COLOURS
        with Image.open(file.path) as stored:
            assert stored.getexif()[0x0112] == file.orientation
            upright = rgb_levels(ImageOps.exif_transpose(stored))
            assert difference(upright, rgb_levels(file.picture)) < 0.01
            assert difference(rgb_levels(stored), rgb_levels(file.picture)) > 0.1
            if stored.format == "PNG":
                assert np.array_equal(upright, rgb_levels(file.picture))


def test_every_mode_is_a_file_of_its_own(modes: dict[str, KnownFile]) -> None:
    stored = {}
    for label, file in modes.items():
        with Image.open(file.path) as image:
            stored[label] = (image.mode, file.path.name)
    assert stored == {
        "palette": ("P", "palette.png"),
        "opaque RGBA": ("RGBA", "opaque-RGBA.png"),
        "CMYK": ("CMYK", "CMYK.jpg"),
        "16-bit grey": ("I;16", "grey16.png"),
    }
    assert {file.orientation for file in modes.values()} == {1}


@pytest.mark.parametrize("label", ["palette", "opaque RGBA", "CMYK"])
def test_a_file_of_another_mode_shows_the_plain_picture(label: str, modes: dict[str, KnownFile]) -> None:
    file = modes[label]
    assert quarters(Image.open(file.plain)) == quarters(file.picture) == COLOURS
    with Image.open(file.path) as image:
        assert difference(rgb_levels(image), rgb_levels(file.picture)) < 0.02


def test_nothing_shines_through_the_opaque_file(modes: dict[str, KnownFile]) -> None:
    with Image.open(modes["opaque RGBA"].path) as image:
        assert image.getextrema()[3] == (255, 255)


def test_the_low_byte_of_sixteen_bits_is_the_negative_of_the_high_one(modes: dict[str, KnownFile]) -> None:
    file = modes["16-bit grey"]
    assert quarters(Image.open(file.plain)) == quarters(file.picture) == GREYS
    levels = np.asarray(Image.open(file.path))
    np.testing.assert_array_equal(levels // 256, np.asarray(file.picture)[..., 0])
    np.testing.assert_array_equal(levels % 256, 255 - np.asarray(file.picture)[..., 0])


def test_a_turn_that_is_ignored_moves_the_far_corner() -> None:
    """By a half turn from end to end; by a quarter, of the 480 x 480 pixels that both have, from a corner to one."""
    assert worst_turn(3) == pytest.approx(math.hypot(639, 479))
    assert (worst_turn(6), worst_turn(8)) == (639, 479)


def test_levels_are_pillows_own_conversion_to_rgb() -> None:
    levels = rgb_levels(Image.new("L", (3, 2), 7))
    assert (levels.shape, levels.dtype, levels.min(), levels.max()) == ((2, 3, 3), np.float64, 7, 7)


def test_a_difference_is_the_mean_in_parts_of_the_range_that_is_known() -> None:
    known = np.array([[10.0, 20.0], [30.0, 50.0]])
    assert difference(known, known) == 0
    assert difference(known + np.array([[4, 0], [0, -8]]), known) == (4 + 8) / 4 / 40
    assert difference(known[:1], known) == math.inf
    assert difference(np.where(known == 20, np.nan, known), known) == math.inf

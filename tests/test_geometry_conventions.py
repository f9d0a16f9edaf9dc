"""Every convention as a pinned number, with what the wrong convention would give beside it."""

import numpy as np
import pytest

from reference.geometry import GeomMeta, edge_from_index, index_from_edge, mode_of

STANDARD = GeomMeta("official", (480, 640), (224, 298), (224, 224), (14, 14), (37, 0))


def test_the_centre_of_pixel_zero_is_index_zero_and_edge_one_half():
    assert edge_from_index(0) == 0.5
    assert index_from_edge(0) == -0.5
    assert index_from_edge(640) == 639.5  # the right edge of the last of 640 pixels


def test_scale_is_realised_not_ideal():
    """298 pixels, not 298.67: torchvision truncates, and the ideal ratio 224/480 on x is wrong."""
    assert STANDARD.scale == (298 / 640, 224 / 480)
    assert STANDARD.scale[0] != pytest.approx(224 / 480, rel=1e-3)


def test_the_standard_case_in_the_crop():
    """x_crop = (u + 1/2) 298/640 - 37 - 1/2 and y_crop = (v + 1/2) 224/480 - 1/2."""
    crop = STANDARD.crop_from_image(np.array([[0.0, 0.0], [319.5, 239.5], [639.0, 479.0]]))
    assert crop == pytest.approx(
        np.array([[-37.2671875, -0.26666667], [111.5, 111.5], [260.2671875, 223.26666667]]), abs=1e-8
    )
    asymmetric = 639 * 298 / 640 - 37  # ONNX `asymmetric`: forgets both halves
    assert abs(asymmetric - crop[2, 0]) == pytest.approx(0.2671875)


def test_the_standard_case_on_the_grid():
    """The image's middle is the middle of 14 cells, 6.5; cell 0 is centred 8 crop pixels from the crop's edge."""
    grid = STANDARD.grid_from_image(np.array([[319.5, 239.5], [0.0, 0.0], [100.0, 50.0]]))
    assert grid == pytest.approx(np.array([[6.5, 6.5], [-2.79794922, -0.48541667], [0.11220703, 0.97291667]]), abs=1e-8)


def test_the_standard_case_in_the_sampler():
    """-1 and 1 are the outer edges of the crop; the outermost cell centres lie at 1 - 1/14 = 13/14 of the way."""
    corners = STANDARD.image_from_grid(np.array([[0.0, 0.0], [13.0, 13.0]]))
    sampler = STANDARD.sampler_from_image(corners)
    assert sampler == pytest.approx(np.array([[-13 / 14, -13 / 14], [13 / 14, 13 / 14]]), abs=1e-12)
    assert sampler[1, 0] != pytest.approx(1)  # what align_corners=True would want


def test_the_written_recipe_counts_the_half_cell_twice():
    """u14 = (s u - dx)/16, then 2 (u14 + 1/2)/14 - 1, lands 16 to 17 source pixels to the lower right."""
    u = np.linspace(100, 500, 9)
    s = 224 / 480
    written = 2 * (((s * u - 37.33) / 16) + 0.5) / 14 - 1
    right = STANDARD.sampler_from_image(np.stack([u, np.full(9, 239.5)], axis=-1))[:, 0]
    miss = (written - right) / 2 * 14 * 16 * 640 / 298
    assert 16.1 < miss.min() < miss.max() < 17.3


def test_x_goes_with_width_and_y_with_height():
    """A wide image, a tall crop and a non-square grid: exchanging any pair of sides gives other numbers."""
    geometry = GeomMeta("letterbox", (10, 40), (20, 60), (30, 50), (3, 10), (5, -7))
    assert geometry.scale == (1.5, 2.0)
    assert geometry.crop_from_image(np.array([[7.5, 2.5]])).tolist() == [[8 * 1.5 - 5.5, 3 * 2 + 6.5]]
    assert geometry.grid_from_image(np.array([[7.5, 2.5]])) == pytest.approx(np.array([[7 / 5 - 0.5, 13 / 10 - 0.5]]))
    assert geometry.sampler_from_image(np.array([[7.5, 2.5]])) == pytest.approx(np.array([[14 / 50 - 1, 26 / 30 - 1]]))


@pytest.mark.parametrize(
    ("rule", "x", "y"),
    [("centre", 208 / 298, 208 / 224), ("crop", 224 / 298, 1), ("image", 1, 1)],
)
def test_the_standard_valid_ratios(rule, x, y):
    """Thirteen of fourteen cells between the outer centres, of which the crop holds 224 of 298 resized columns."""
    assert STANDARD.valid_ratio(rule) == pytest.approx(x * y, abs=1e-15)


@pytest.mark.parametrize(
    ("mode", "in_size", "resized", "crop", "offset"),
    [
        ("official", (480, 640), (224, 298), (224, 224), (37, 0)),
        ("official", (480, 640), (224, 299), (224, 224), (37, 0)),  # rounded instead of truncated: still one ratio
        ("official", (1, 1000), (1, 224), (1, 224), (0, 0)),  # a side that cannot go below one pixel
        ("stretch", (480, 640), (224, 224), (224, 224), (0, 0)),
        ("stretch", (480, 640), (224, 301), (224, 224), (38, 0)),  # two pixels off any common ratio
        ("letterbox", (480, 640), (168, 224), (224, 224), (0, -28)),
        ("letterbox", (480, 640), (223, 298), (224, 224), (37, 0)),  # one row padded below
        ("letterbox", (10, 10), (224, 448), (224, 450), (0, 0)),  # padded on the right of a stretch
        ("official", (480, 640), (224, 298), (224, 224), (74, 0)),  # the last columns
        ("letterbox", (480, 640), (224, 298), (224, 224), (75, 0)),  # and one beyond
        ("letterbox", (640, 480), (298, 224), (224, 224), (0, 75)),  # below the last row
    ],
)
def test_the_mode_says_what_happened(mode, in_size, resized, crop, offset):
    assert mode_of(in_size, resized, crop, offset) == mode

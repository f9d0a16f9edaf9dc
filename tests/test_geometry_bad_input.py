"""Numbers that describe no geometry, and points that are none, are refused with a message that says what to give."""

import numpy as np
import pytest
import torch

from reference.geometry import GeomMeta

GOOD = {
    "mode": "official",
    "in_size": (480, 640),
    "resized_size": (224, 298),
    "crop_size": (224, 224),
    "feat_size": (14, 14),
    "offset": (37, 0),
}
STANDARD = GeomMeta(**GOOD)
SIZES = ("in_size", "resized_size", "crop_size", "feat_size")
NOT_SIZES = [
    (0, 640),
    (480, -1),
    (480,),
    (480, 640, 3),
    (480.0, 640.0),
    (float("nan"), 640),
    "ab",
    480,
    None,
    (True, 4),
    {480: 640},
]


@pytest.mark.parametrize("name", [*SIZES, "offset"])
def test_numbers_that_floats_cannot_tell_apart_are_refused(name):
    most = 2**53
    assert getattr(GeomMeta(**{**GOOD, name: (most, most)}), name) == (most, most)
    for beyond in (most + 1, 10**400):
        with pytest.raises(ValueError, match=rf"{name} must be .* of at most 9,007,199,254,740,992, got"):
            GeomMeta(**{**GOOD, name: (4, beyond)})


def test_a_message_is_no_longer_than_a_line_however_long_the_value():
    """1,000 characters hold the names of all fields."""
    for wrong in (
        {"x" * 10**5: 1},
        {str(k): 1 for k in range(10**4)},
        {"in_size": [1] * 10**5},
        {"in_size": "x" * 10**5},
    ):
        with pytest.raises((TypeError, ValueError)) as told:
            GeomMeta.from_dict({**GOOD, **wrong})
        assert len(str(told.value)) < 1000


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("value", NOT_SIZES, ids=repr)
def test_a_size_is_two_positive_whole_numbers(name, value):
    with pytest.raises((TypeError, ValueError), match=rf"{name} must be \(height, width\)"):
        GeomMeta(**{**GOOD, name: value})


@pytest.mark.parametrize("value", [(0.5, 0), (37,), None, "37", (True, False), (float("nan"), 0)], ids=repr)
def test_an_offset_is_two_whole_numbers(value):
    with pytest.raises((TypeError, ValueError), match=r"offset must be \(dx, dy\)"):
        GeomMeta(**{**GOOD, "offset": value})


def test_a_mode_is_one_of_three():
    with pytest.raises(ValueError, match="official, letterbox, stretch, got 'shortest'"):
        GeomMeta(**{**GOOD, "mode": "shortest"})


@pytest.mark.parametrize("value", [True, 1, None, 0])
def test_align_corners_is_false(value):
    with pytest.raises(ValueError, match=r"^align_corners must be False: .*; got "):
        GeomMeta(**GOOD, align_corners=value)


@pytest.mark.parametrize(
    "value", [(np.int64(480), np.int32(640)), np.array([480, 640]), torch.Size([480, 640]), [480, 640]]
)
def test_whole_numbers_of_any_kind_are_taken_as_plain_ones(value):
    geometry = GeomMeta(**{**GOOD, "in_size": value})
    assert geometry == STANDARD
    assert [type(side) for side in geometry.in_size] == [int, int]


@pytest.mark.parametrize(
    "points",
    [np.zeros(3), np.zeros((2, 3)), np.zeros((4, 1)), np.float64(1.0), torch.zeros(2, 4), [[1, 2, 3]], []],
    ids=lambda points: f"{type(points).__name__}{np.shape(points)}",
)
@pytest.mark.parametrize("name", ["crop_from_image", "sampler_from_image", "image_from_grid", "valid"])
def test_points_have_two_numbers_on_the_last_axis(name, points):
    with pytest.raises(ValueError, match=r"points must have shape \(\.\.\., 2\)"):
        getattr(STANDARD, name)(points)


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((2, 2), complex),
        np.zeros((2, 2), bool),
        torch.zeros(1, 2, dtype=torch.bool),
        "ab",
        [["a", "b"]],
        None,
        3.0,
        [[1, 2], [3]],
    ],
    ids=repr,
)
def test_points_are_real_numbers(points):
    with pytest.raises(TypeError):
        STANDARD.grid_from_image(points)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([[1, 2], [3]], r"^points must be numbers of shape \(\.\.\., 2\), got a sequence that is not one$"),
        (["a", object()], r"^points must be numbers of shape \(\.\.\., 2\), got a sequence that is not one$"),
        (np.zeros((2, 2), bool), "^points must be real numbers, got dtype bool$"),
        (torch.zeros(2, 2, dtype=torch.complex64), r"^points must be real numbers, got dtype torch\.complex64$"),
    ],
    ids=["ragged", "no numbers", "truths", "complex numbers"],
)
def test_what_is_no_real_number_is_said(points, says):
    with pytest.raises(TypeError, match=says):
        STANDARD.grid_from_image(points)


def test_rules_are_named():
    for ask in (lambda: STANDARD.valid(np.zeros((1, 2)), "center"), lambda: STANDARD.valid_ratio("center")):
        with pytest.raises(ValueError, match="centre, crop, image, got 'center'"):
            ask()


def test_a_patch_larger_than_the_crop_is_refused():
    with pytest.raises(ValueError, match="larger than the crop"):
        STANDARD.with_patches((225, 16))


def test_a_patch_is_two_positive_whole_numbers():
    with pytest.raises(ValueError, match=r"^patch_size must be \(height, width\)"):
        STANDARD.with_patches((0, 16))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "JSON object, got list$"),
        ({**GOOD, "scale": 1}, "no field 'scale'; it has mode, in_size, resized_size, crop_size, "),
        ({**GOOD, "scale": 1, "dx": 2}, "no field 'scale', 'dx'; it has mode, "),
        ({key: GOOD[key] for key in GOOD if key != "offset"}, "needs the field 'offset'$"),
        ({key: GOOD[key] for key in GOOD if key not in ("mode", "offset")}, "needs the field 'mode', 'offset'$"),
        ({**GOOD, "in_size": [480.5, 640]}, "in_size"),
        ({**GOOD, "align_corners": True}, "align_corners"),
    ],
)
def test_json_that_is_no_geometry_is_refused(data, says):
    with pytest.raises((TypeError, ValueError), match=says):
        GeomMeta.from_dict(data)


def test_a_geometry_cannot_be_changed():
    with pytest.raises(AttributeError):
        STANDARD.offset = (0, 0)

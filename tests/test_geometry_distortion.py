"""The lens against OpenCV, and its inverse against the fold, where a polynomial has several answers or none."""

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference.camera import Camera
from reference.distortion import Lens, _moved

LENSES = {
    "k1 k2 p1 p2": (-0.28, 0.07, 0.0011, -0.0023),
    "barrel": (-0.35, 0.0, 0.0, 0.0),
    "pincushion": (0.4, 0.3, -0.002, 0.001),
    "k3": (-0.3, 0.1, 0.001, -0.0005, -0.02),
    "rational": (0.5, 0.1, 0.001, 0.002, 0.01, 0.7, 0.2, 0.02),
    "wide rational": (20.0, 10.0, 0.001, 0.002, 1.0, 20.3, 15.0, 3.0),
    "prism": (-0.2, 0.05, 0.001, 0.002, 0.01, 0.1, 0.02, 0.001, 0.002, -0.001, 0.003, 0.0005),
    "tilt": (-0.2, 0.05, 0.001, 0.002, 0.01, 0.1, 0.02, 0.001, 0.002, -0.001, 0.003, 0.0005, 0.05, -0.08),
}
ROUNDING = 1e-13  # some fifty operations of 1e-16 each, divided by slopes above 1/10
PIXELS = 1e-9  # the same, a thousand pixels wide

each_lens = pytest.mark.parametrize("coefficients", LENSES.values(), ids=LENSES.keys())


def disc(radius: float, count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over a disc, the rim included: a sunflower's spiral."""
    step = np.arange(count)
    r = radius * np.sqrt(step / (count - 1))
    return r * np.cos(2.4 * step), r * np.sin(2.4 * step)


def in_view(coefficients: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    return disc(min(0.95 * Lens.of(coefficients).fold, 0.9))


# OpenCV is the oracle -------------------------------------------------------------------------------------------------


@each_lens
def test_the_projection_is_opencv_s(coefficients):
    turn, shift = np.array([0.3, -0.2, 0.5]), np.array([0.1, -0.4, 0.25])
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = cv2.Rodrigues(turn)[0], shift
    camera = Camera(512.5, 487.25, 301.25, 197.5, (401, 643), pose, coefficients)
    x, y = disc(1.2)
    depth = np.linspace(0.5, 20, len(x))
    xyz = (np.stack([x * depth, y * depth, depth], axis=-1) - shift) @ pose[:3, :3]
    matrix = np.array([[512.5, 0, 301.25], [0, 487.25, 197.5], [0, 0, 1]])
    expected, _ = cv2.projectPoints(xyz, turn, shift, matrix, np.array(coefficients))
    np.testing.assert_allclose(camera.image_from_world(xyz)[0], expected[:, 0], rtol=0, atol=PIXELS)


@pytest.mark.parametrize("name", [name for name in LENSES if name != "wide rational"])
def test_the_inverse_is_opencv_s_where_its_iteration_converges(name):
    """OpenCV's fixed-point iteration needs a mild lens or a small angle; here 20 degrees and 300 rounds."""
    x, y = Lens.of(LENSES[name]).distorted_from_ideal(*disc(0.36))
    rounds = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 300, 1e-16)
    points = np.stack([x, y], axis=-1)[:, None]
    inverse = getattr(cv2, "undistortPointsIter", cv2.undistortPoints)  # OpenCV 4 and 5: the one that takes criteria
    expected = inverse(points, np.eye(3), np.array(LENSES[name]), R=None, P=None, criteria=rounds)[:, 0]
    ideal = Lens.of(LENSES[name]).ideal_from_distorted(x, y)
    np.testing.assert_allclose(np.stack(ideal, axis=-1), expected, rtol=0, atol=PIXELS / 1000)


# The inverse ----------------------------------------------------------------------------------------------------------


@each_lens
def test_the_inverse_undoes_the_lens_as_far_as_the_picture_goes(coefficients):
    lens, (x, y) = Lens.of(coefficients), in_view(coefficients)
    back = lens.ideal_from_distorted(*lens.distorted_from_ideal(x, y))
    np.testing.assert_allclose(back, (x, y), rtol=0, atol=ROUNDING)


@each_lens
def test_the_inverse_in_float32_lands_within_float32_of_the_place(coefficients):
    lens, (x, y) = Lens.of(coefficients), in_view(coefficients)
    aim = [axis.astype(np.float32) for axis in lens.distorted_from_ideal(x, y)]
    back = lens.ideal_from_distorted(*aim)
    assert {axis.dtype for axis in back} == {np.dtype(np.float32)}
    again = lens.distorted_from_ideal(*[axis.astype(np.float64) for axis in back])
    np.testing.assert_allclose(again, aim, rtol=0, atol=64 * np.finfo(np.float32).eps)


def test_a_strong_lens_is_undone_up_to_its_fold_and_beyond_it_is_nan():
    """r - 0.35 r³ stops growing at r² = 1/1.05, where it is 2/3 r; OpenCV's iteration is lost long before."""
    lens = Lens.of((-0.35, 0, 0, 0))
    fold = 1.05**-0.5
    assert lens.fold == pytest.approx(fold, rel=1e-12)
    rim = 2 / 3 * fold
    x, y = lens.ideal_from_distorted(np.array([0.0, 0.999 * rim, 1.001 * rim, 2.0]), np.zeros(4))
    assert 0.95 * fold < x[1] < fold
    assert lens.distorted_from_ideal(x[1], y[1])[0] == pytest.approx(0.999 * rim, abs=ROUNDING)
    assert np.isnan(x).tolist() == np.isnan(y).tolist() == [False, False, True, True]


def test_of_two_places_the_one_within_the_fold_is_meant():
    """r - r³/3 is 11/24 at r = 1/2 and again at r = (sqrt(45) - 1)/4, past the fold at 1."""
    lens = Lens.of((-1 / 3, 0, 0, 0))
    far = (45**0.5 - 1) / 4
    assert lens.distorted_from_ideal(far, 0.0)[0] == pytest.approx(11 / 24, abs=ROUNDING)
    x, _ = lens.ideal_from_distorted(np.array([11 / 24]), np.array([0.0]))
    assert x == pytest.approx(np.array([0.5]), abs=ROUNDING)


def test_a_place_that_only_the_regrown_polynomial_reaches_is_nan():
    """r - 0.9 r³ + 0.2 r⁵ grows to 0.426, turns back and grows again: 0.6 is reached far outside, and not meant."""
    lens = Lens.of((-0.9, 0.2, 0, 0))
    assert lens.distorted_from_ideal(2.0, 0.0)[0] > 0.6
    x, _ = lens.ideal_from_distorted(np.array([0.4, 0.6]), np.zeros(2))
    assert np.isnan(x).tolist() == [False, True]
    assert x[0] < lens.fold


def test_a_tangential_lens_folds_too():
    """x + 3 p2 x² is at least -1/(12 p2); below that no place is seen, and its sense changes at x = -1/(6 p2)."""
    lens = Lens.of((0, 0, 0, 0.25))
    assert lens.fold == float("inf")
    x, _ = lens.ideal_from_distorted(np.array([-0.32, -0.34]), np.zeros(2))
    assert x[0] == pytest.approx((-1 + (1 - 0.96) ** 0.5) / 1.5, abs=ROUNDING)
    assert np.isnan(x[1])


@pytest.mark.parametrize(
    ("coefficients", "fold"),
    [
        ((), float("inf")),
        ((0.0,) * 14, float("inf")),
        ((0.3, 0, 0, 0), float("inf")),
        ((0, -0.2, 0, 0), 1.0),  # 1 - r⁴
        ((0, 0, 0, 0, -1 / 7), 1.0),  # 1 - r⁶
        ((0, 0, 0, 0, 0, 1, 0, 0), 1.0),  # r / (1 + r²)
        ((0, 0, 0, 0, 0, -0.25, 0, 0), 2.0),  # a pole at r² = 4
        ((1e-300, 0, 0, 0, 1e-300), float("inf")),
    ],
)
def test_the_fold_is_where_the_radius_stops_growing(coefficients, fold):
    assert Lens.of(coefficients).fold == pytest.approx(fold, rel=1e-12)


@pytest.mark.parametrize(
    ("coefficients", "radius"),
    [
        ((0.457, -0.276, 0.001, -0.008, 0.017), 1.28),  # a step over the line where the sense changes finds no way back
        ((0.162, 0.457, -0.002, -0.006, 0.322, -0.069, -0.052, 0.063), 1.9),  # an inflection throws steps to and fro
    ],
)
def test_newton_is_held_back_where_alone_it_would_be_lost(coefficients, radius):
    """Slopes go down to 1/70 there, and rounding grows by as much."""
    lens, (x, y) = Lens.of(coefficients), disc(radius, 2000)
    back = lens.ideal_from_distorted(*lens.distorted_from_ideal(x, y))
    np.testing.assert_allclose(back, (x, y), rtol=0, atol=10 * ROUNDING)


@pytest.mark.parametrize(
    ("coefficients", "place"),
    [
        ((-0.864, 0.342, 0.004, 0.008), (-0.668, 0.417)),  # a first step of twice Newton's leaves for another answer
        ((-0.752, 0.271, -0.029, -0.027), (1.295, 0.453)),  # steps that grow back at once never settle
        ((-0.719, -0.497, -0.008, -0.046, 0.835), (1.063, 0.253)),  # nor do those that grow back by thirds
        ((-0.381, -0.486, 0.001, -0.049, 0.458), (1.545, -0.282)),  # cut to a third, they do not get there in time
    ],
)
def test_steps_begin_whole_are_halved_and_doubled(coefficients, place):
    """Chosen so that a change of the place by 1e-9 changes nothing: it is the rule that decides, not rounding."""
    lens, (x, y) = Lens.of(coefficients), np.array(place)[:, None]
    np.testing.assert_allclose(lens.ideal_from_distorted(*lens.distorted_from_ideal(x, y)), (x, y), rtol=0, atol=1e-10)


@each_lens
def test_a_real_lens_is_undone_in_a_few_steps(coefficients, monkeypatch):
    """Newton's steps double the digits that are right; all forty would give the same places, five times as late."""
    steps, bent = [], Lens._bent
    aim = Lens.of(coefficients).distorted_from_ideal(*in_view(coefficients))
    monkeypatch.setattr(Lens, "_bent", lambda lens, x, y: (steps.append(1), bent(lens, x, y))[1])
    Lens.of(coefficients).ideal_from_distorted(*aim)
    assert len(steps) <= 8


def test_a_place_is_found_when_its_miss_is_64_eps_times_1_plus_its_length_and_tried_once_more():
    """For a = 2**-46 (1 + 2**-46), 64 eps (1 + a) is a itself. No step from 0 helps where the fold is at 1e-150;
    where it is at 1.8e-15, the fourth would, but 0 is as good as any and one step is tried from there."""
    a = 2.0**-46 * (1 + 2.0**-46)
    with np.errstate(over="ignore", invalid="ignore"):
        x, _ = Lens(k1=-1e300).ideal_from_distorted(np.array([a, np.nextafter(a, 1)]), np.zeros(2))
    assert (x[0], np.isnan(x[1])) == (0, True)
    assert Lens(k1=-1e29).ideal_from_distorted(np.array([a]), np.zeros(1))[0].tolist() == [0.0]


def test_places_that_no_ray_reaches_are_nan_and_spoil_no_other():
    camera = Camera(100, 100, 150, 50, (101, 301), np.eye(4), (-0.35, 0, 0, 0))
    points = torch.tensor([[150.0, 50.0], [300.0, 50.0], [200.0, 60.0]], dtype=torch.float64, requires_grad=True)
    world = camera.world_from_image(points, 2.0)
    assert torch.isnan(world).any(dim=-1).tolist() == [False, True, False]
    world[[0, 2]].sum().backward()
    assert points.grad is not None
    assert torch.isfinite(points.grad[[0, 2]]).all()


@each_lens
def test_the_slopes_are_those_of_the_map(coefficients):
    """Newton with a wrong slope still arrives, late; so the slopes are held against automatic differentiation."""
    lens = Lens.of(coefficients[:12])
    place = torch.tensor([0.4, -0.3], dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(lambda xy: torch.stack(lens.distorted_from_ideal(*xy)), place)
    slopes, area = lens._slopes(*place.tolist())
    assert slopes == pytest.approx(expected.flatten().tolist(), abs=ROUNDING)
    assert area == pytest.approx(torch.det(expected).item(), abs=ROUNDING)


def wild_lenses() -> st.SearchStrategy[Lens]:
    """Coefficients that no calibration would give, poles and folds in the middle of the picture included."""
    radial, small, tilt = st.floats(-2, 2), st.floats(-0.1, 0.1), st.floats(-0.5, 0.5)
    kinds = [radial, radial, small, small, radial, radial, radial, radial, small, small, small, small, tilt, tilt]
    return st.tuples(*kinds).map(Lens.of)


@given(wild_lenses(), st.floats(-2, 2), st.floats(-2, 2))
def test_the_inverse_is_right_or_nan_and_never_silently_wrong(lens, x, y):
    aim = np.array([x]), np.array([y])
    with np.errstate(all="ignore"):
        ideal = lens.ideal_from_distorted(*aim)
    if np.isnan(ideal).any():
        return
    assert np.hypot(*ideal)[0] <= lens.fold * (1 + ROUNDING)
    np.testing.assert_allclose(lens.distorted_from_ideal(*ideal), aim, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("coefficients", [(1e308, 0, 0, 0), (0, 0, 0, 0, 1e200, 1e200, 0, 0), (-1e308, 1e308, 0, 0)])
def test_coefficients_whose_products_overflow_are_refused(coefficients):
    with pytest.raises(
        ValueError, match=r"^distortion has coefficients so large that nothing can be computed with them$"
    ):
        Lens.of(coefficients)


def test_a_lens_that_bends_next_to_nothing_folds_far_out():
    """The square of its fold is beyond float64, and no error."""
    lens = Lens(k1=-1e-320)
    assert 1e159 < lens.fold < np.inf
    assert lens.ideal_from_distorted(np.array([0.25]), np.array([-0.5]))[0] == 0.25


@pytest.mark.parametrize(("place", "within"), [(0.5, True), (0.6, False), (math.sqrt(1.1), False), (3.0, False)])
def test_within_the_fold_is_nearer_than_the_fold_on_every_side(place, within):
    """With k1 = -1 the fold is at 0.577; beyond 1 the map is turned twice over and keeps its sense again."""
    lens = Lens.of((-1, 0, 0, 0))
    for x, y in ((place, 0.0), (0.0, place), (-place, 0.0), (0.0, -place)):
        assert bool(lens._within_fold(x, y)) is within


def test_a_place_on_the_fold_is_within_where_the_map_keeps_its_sense_there():
    """r / (1 + r²) turns at 1, where its determinant is 0; on one side of it the tangential part keeps it above."""
    still, turning = Lens(k4=1.0, p2=0.25), Lens(k4=1.0)
    assert still.fold == turning.fold == 1.0
    assert bool(still._within_fold(1.0, 0.0))
    assert not turning._within_fold(1.0, 0.0)


def test_a_homography_moves_a_place_as_its_matrix_says():
    matrix, place = np.array([[2.0, 3, 5], [7, 11, 13], [1, 4, 2]]), (0.25, -0.125)
    x, y, w = matrix @ (*place, 1)
    assert _moved(matrix, *place) == (x / w, y / w)


def test_a_tilt_is_below_a_right_angle():
    assert Lens.of((*[0.0] * 12, 1.5, -1.5)).tau_y == -1.5
    for tilts in ((math.pi / 2, 0.0), (0.0, -math.pi / 2)):
        with pytest.raises(ValueError, match="give radians below pi / 2"):
            Lens.of((*[0.0] * 12, *tilts))


def test_a_number_of_coefficients_that_opencv_does_not_take_is_refused():
    says = r"^distortion must have 0, 4, 5, 8, 12 or 14 coefficients in OpenCV's order \(k1 k2 p1 .*, got 3; pad"
    with pytest.raises(ValueError, match=says):
        Lens.of((0.0, 0.0, 0.0))

"""The stripes that are sent through a transform, what is taken for its answer, and what the phases that arrive say."""

import numpy as np
import pytest
import torch
from PIL import Image

from reference import stripes as module
from reference.stripes import Landing, channels_stay_apart, measure_landings, planes, stripes

EXACT = 2.0**-40


def picture(transform):
    """A transform of arrays (H, W, 3) as one of PIL images."""
    return lambda image: np.moveaxis(transform(np.asarray(image, dtype=np.float64)), -1, 0)


# What is sent and what is taken ---------------------------------------------------------------------------------------


def test_stripes_are_cosines_of_edge_coordinates_along_each_channels_axis():
    """247.5 at a crest, 127.5 half way and 7.5 in a trough, rounded to even; 212 and 43 an eighth of a turn beside."""
    image = np.asarray(stripes((3, 8), (0, 1, 0), (4.0, 6.0)))
    assert image.shape == (3, 8, 3)
    assert image[0, :, 0].tolist() == [212, 43, 43, 212, 212, 43, 43, 212]
    assert image[:, 0, 1].tolist() == [231, 128, 24]
    assert (image[..., 2] == image[..., 0]).all()
    assert (image[..., 0] == image[0, :, 0]).all()
    assert (image[..., 1] == image[:, :1, 1]).all()


@pytest.mark.parametrize(("turns", "row"), [(1, [43, 43, 212, 212]), (2, [43, 212, 212, 43]), (3, [212, 212, 43, 43])])
def test_quarter_turns_advance_the_waves(turns, row):
    assert np.asarray(stripes((1, 4), (0, 0, 0), (4.0, 4.0), turns))[0, :, 1].tolist() == row


ARRAY = np.arange(24.0).reshape(3, 2, 4)
TENSOR = torch.from_numpy(ARRAY)
PICTURE = Image.fromarray(np.moveaxis(ARRAY, 0, -1).astype(np.uint8))


@pytest.mark.parametrize(
    "output",
    [
        ARRAY,
        ARRAY.astype(np.uint8),
        ARRAY.tolist(),
        TENSOR,
        TENSOR.bfloat16(),
        TENSOR.half(),
        TENSOR.clone().requires_grad_(),
        TENSOR.int(),
        TENSOR[None],
        [TENSOR],
        (TENSOR,),
        {"pixel_values": TENSOR[None]},
        {"pixel_values": [ARRAY]},
        PICTURE,
        [PICTURE],
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'dtype', '')}",
)
def test_an_image_is_taken_as_planes_of_floats(output):
    taken = planes(output)
    assert taken.dtype == np.float64
    np.testing.assert_array_equal(taken, ARRAY)


def test_one_grey_plane_is_one_and_whole_numbers_are_kept_whole():
    grey = Image.fromarray(np.array([[1, 2, 3]], np.uint8))
    assert planes(grey).tolist() == [[[1, 2, 3]]]
    many = 2**24 + 1  # no float32
    assert planes(torch.full((1, 1, 1), many, dtype=torch.int32)).tolist() == [[[many]]]


PERMUTE = r"; move the channels to the front, as permute\(2, 0, 1\) does$"
NO_BATCH = "; it is given one image: return one crop, no batch$"


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("crop", "got str$"),
        (None, r"got shape \(\)$"),
        (["crop", "mask"], "got list; return the tensor alone$"),
        (("crop", 1), "got tuple; return the tensor alone$"),
        ({"image": 1}, "got dict; return the tensor alone$"),
        (np.zeros((2, 4)), r"got shape \(2, 4\)$"),
        (np.zeros((2, 2, 4)), r"got shape \(2, 2, 4\)$"),
        (np.zeros((4, 2, 3)), rf"got shape \(4, 2, 3\){PERMUTE}"),
        (np.zeros((4, 2, 1)), rf"got shape \(4, 2, 1\){PERMUTE}"),
        (np.zeros((3, 0, 3)), r"got shape \(3, 0, 3\)"),
        (np.zeros((2, 3, 4, 4)), rf"got shape \(2, 3, 4, 4\){NO_BATCH}"),
        (np.zeros((1, 2, 4, 4)), r"got shape \(2, 4, 4\)$"),
        (np.zeros((1, 1, 3, 4, 4)), r"got shape \(1, 1, 3, 4, 4\)$"),
        ([TENSOR, TENSOR], rf"got shape \(2, 3, 2, 4\){NO_BATCH}"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_image_is_refused_with_what_it_is(output, says):
    with pytest.raises(ValueError, match=rf"^the transform must return a tensor \(3, Hc, Wc\), {says}"):
        planes(output)


# Channels -------------------------------------------------------------------------------------------------------------

MIXING = {
    "as they are": ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], True),
    "red and blue exchanged": ([[0, 0, 1], [0, 1, 0], [1, 0, 0]], True),
    "red and blue mixed": ([[1, 0, 1], [0, 1, 0], [1, 0, 2]], True),
    "green everywhere": ([[1, 0, 0], [0, 1, 0], [0, 1, 1]], False),
    "green into red": ([[1, 1, 0], [0, 1, 0], [0, 0, 1]], False),
    "red into green": ([[1, 0, 0], [1, 1, 0], [0, 0, 1]], False),
    "turned": ([[0, 1, 0], [0, 0, 1], [1, 0, 0]], False),
    "no green": ([[1, 0, 0], [0, 0, 0], [0, 0, 1]], False),
    "no red": ([[0, 0, 0], [0, 1, 0], [0, 0, 1]], False),
    "no blue": ([[1, 0, 0], [0, 1, 0], [0, 0, 0]], False),
    "one plane": ([[0, 1, 0]], False),
}


@pytest.mark.parametrize(("mixing", "apart"), MIXING.values(), ids=MIXING)
def test_channels_are_apart_where_green_alone_decides_the_middle_plane_and_no_other(mixing, apart):
    calls = []

    def transform(image):
        calls.append(image)
        return np.einsum("pc,hwc->phw", mixing, np.asarray(image, dtype=np.float64))

    assert channels_stay_apart(transform, (5, 7)) is apart
    assert len(calls) == (4 if apart else 6)
    assert {(image.width, image.height) for image in calls} == {(7, 5)}
    assert [image.tobytes() for image in calls[4:]] == [calls[0].tobytes()] * (len(calls) - 4)
    assert min(calls[0].getextrema()) >= (0, 200)  # noise of all levels, three times another
    assert len({calls[0].getchannel(k).tobytes() for k in range(3)}) == 3


def test_the_noise_that_tells_channels_apart_is_always_the_same():
    calls = []
    for _ in range(2):
        channels_stay_apart(lambda image: (calls.append(image.tobytes()), image)[1], (5, 7))
    assert calls[:4] == calls[4:]


def test_not_a_number_is_the_same_each_time():
    assert channels_stay_apart(picture(lambda pixels: np.where(pixels > 99, np.nan, pixels)), (5, 7))


@pytest.mark.parametrize(("mixed", "call"), [(False, 1), (True, 1), (True, 4), (True, 5)])
def test_a_call_with_the_same_image_that_differs_is_random(mixed, call):
    count = iter(range(99))

    def transform(image):
        pixels = np.moveaxis(np.asarray(image, dtype=np.float64), -1, 0)
        return (pixels[[1, 0, 2]] if mixed else pixels) + (next(count) == call)

    says = "^the transform is random: calls with the same image give different results$"
    with pytest.raises(ValueError, match=says):
        channels_stay_apart(transform, (5, 7))


@pytest.mark.parametrize("call", [2, 3])
def test_planes_of_another_size_are_not_apart(call):
    """Nor is it an error yet: what changes its size will be found to."""
    count = iter(range(99))

    def transform(image):
        pixels = np.moveaxis(np.asarray(image, dtype=np.float64), -1, 0)
        return pixels[:, 1:] if next(count) == call else pixels

    assert not channels_stay_apart(transform, (5, 7))


# Phases ---------------------------------------------------------------------------------------------------------------


def seen_at(place, period, mean=0.5, gain=0.25):
    return [mean + gain * np.cos(2 * np.pi * (place / period + turn / 4)) for turn in range(4)]


def test_four_quarter_turns_tell_the_phase_whatever_the_mean_and_the_gain():
    place = np.array([[0.5, 1.0, 1.9]])
    phase, strength = module._phase(seen_at(place, 4.0))
    np.testing.assert_allclose(phase, np.arctan2(np.sin(place * np.pi / 2), np.cos(place * np.pi / 2)), atol=EXACT)
    np.testing.assert_allclose(strength, 0.5, atol=EXACT)
    with pytest.raises(
        ValueError, match=r"^the transform is random: the size of its output changes from call to call$"
    ):
        module._phase([place, place, place, place[:, 1:]])


def test_both_axes_are_read_at_once_where_channels_are_apart_and_one_by_one_elsewhere():
    sent = []

    def transform(image):
        sent.append(image)
        pixels = np.moveaxis(np.asarray(image, dtype=np.float64), -1, 0)
        return np.stack([pixels[0], pixels[1], 3 * pixels[2]])

    for apart, calls, strengths in ((True, 4, (2 * 240, 240)), (False, 8, (5 / 3 * 240, 5 / 3 * 240))):
        sent.clear()
        (phase_x, strength_x), (phase_y, strength_y) = module._waves(transform, (6, 8), (16.0, 12.0), apart)
        assert len(sent) == calls
        np.testing.assert_allclose(phase_x, np.tile((np.arange(8) + 0.5) * np.pi / 8, (6, 1)), atol=0.01)
        np.testing.assert_allclose(phase_y.T, np.tile((np.arange(6) + 0.5) * np.pi / 6, (8, 1)), atol=0.01)
        np.testing.assert_allclose(strength_x, strengths[0], atol=6)
        np.testing.assert_allclose(strength_y, strengths[1], atol=6)


def test_a_finer_wave_says_where_in_the_stripe_that_the_rough_place_is_in():
    truth = np.add.outer(np.zeros(8), np.linspace(2, 90, 8))
    rough = Landing(truth + np.where(np.arange(8) % 2, 1.9, -1.9), np.ones((8, 8), bool), (1.0, 0.0))
    phase = np.mod(truth / 4 + 0.5, 1) * 2 * np.pi - np.pi
    finer = module._finer(rough, (phase, np.ones((8, 8))), 4.0)
    np.testing.assert_allclose(finer.place, truth, atol=1e-9)
    assert finer.visible.all()


def test_what_is_paler_than_a_fifth_of_the_strongest_stripes_is_padding():
    place, strength = np.add.outer(np.zeros(8), np.arange(8.0)), np.full((8, 8), 4.0)
    strength[0, :2] = 0.8, 0.8 + EXACT
    landing = module._landing(place, strength)
    assert landing.visible[0].tolist() == [False] + [True] * 7
    assert landing.place is place
    assert landing.slopes == (1, 0)
    for nothing in (np.zeros((8, 8)), np.where(np.eye(8), np.nan, 1), np.where(np.eye(8), np.inf, 1)):
        says = "^nothing of the image arrives in the crop: stripes come out flat or not finite$"
        with pytest.raises(ValueError, match=says):
            module._landing(place, nothing)


@pytest.mark.parametrize("size", [(40, 60), (60, 40)])
def test_landings_are_where_pixels_were_read(size):
    """Without a resize, to a 2000th of a period of 12 pixels; the pitch is one image pixel a crop pixel."""
    left, top = 3, 5
    for mix in ([0, 1, 2], [1, 2, 0]):
        transform = picture(lambda pixels, mix=mix: pixels[top:, left:, mix])
        x, y = measure_landings(transform, size)
        rows, columns = np.indices((size[0] - top, size[1] - left))
        np.testing.assert_allclose(x.place, columns + left + 0.5, atol=0.02)
        np.testing.assert_allclose(y.place, rows + top + 0.5, atol=0.02)
        assert (x.pitch, y.pitch) == (pytest.approx(1, abs=0.01), pytest.approx(1, abs=0.01))
        assert x.visible.all()
        assert y.visible.all()


def test_a_phase_just_past_half_a_turn_is_a_place_just_past_the_far_rim(monkeypatch):
    """Where noise has taken it there: stripes twice as long as the image pass half a turn in it."""
    phase = np.array([[0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5 - 2 * np.pi]] * 2)
    monkeypatch.setattr(module, "_waves", lambda *_: [(phase, np.ones((2, 7))), (phase, np.ones((2, 7)))])
    x, y = measure_landings(lambda image: image, (4, 5))
    np.testing.assert_allclose(x.place, np.tile(np.arange(1, 8) / 2, (2, 1)) * 10 / (2 * np.pi), atol=EXACT)
    np.testing.assert_allclose(y.place, np.tile(np.arange(1, 8) / 2, (2, 1)) * 8 / (2 * np.pi), atol=EXACT)


def periods_of(transform, size, monkeypatch):
    """The periods of x and of y with which each call is made, once it is known that channels are apart."""
    sent, kept = [], module.stripes
    monkeypatch.setattr(
        module, "stripes", lambda size, axes, periods, turn: (sent.append(periods), kept(size, axes, periods, turn))[1]
    )
    measure_landings(transform, size)
    return [tuple(periods) for periods in sent[::4]]


def test_periods_go_down_to_twelve_pixels_of_the_coarser_raster_by_no_more_than_64_times(monkeypatch):
    """From twice the image's sides, all the axes at once, in as few equal steps as that takes."""
    as_it_is, coarser = picture(lambda pixels: pixels), picture(lambda pixels: pixels[1::3, 1::2])
    for transform, size, periods in (
        (as_it_is, (40, 60), [(120, 80), (12, 12)]),
        (coarser, (240, 60), [(120, 480), (24, 36)]),
        (as_it_is, (24, 800), [(1600, 48), (12 * (1600 / 12) ** 0.5, 12 * 4**0.5), (12, 12)]),
        (as_it_is, (40, 5), [(10, 80), (12, 12)]),
        (as_it_is, (5, 4), [(8, 10)]),
    ):
        sent = periods_of(transform, size, monkeypatch)
        assert sent == [pytest.approx(pair, rel=0.03) for pair in periods]


def test_a_pitch_is_how_far_apart_crop_pixels_are_read():
    assert Landing(np.zeros((2, 2)), np.ones((2, 2), bool), (3.0, -4.0)).pitch == 5

"""Whole pipelines drawn link by link: right ones are passed in silence, one or two wrong links are named exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import InterpolationMode

import broken_camera as camera
import broken_encoder as encoder
import broken_preprocess as picture
import broken_training as training
from diagnostics import check_pipeline
from diagnostics.pipeline import Pipeline
from drawn import LINKS, SIZES, assembled, faults_of

WAYS = [(link, fault_id, way) for link, ids in LINKS.items() for fault_id, ways in ids.items() for way in ways]
DRAWN = (Phase.explicit, Phase.generate)  # whole checks are too slow to shrink
RESAMPLINGS = [filter_ for filter_ in Image.Resampling if filter_ is not Image.Resampling.NEAREST]


def named(choices, sizes=SIZES):
    """Ids of the faults that are found; no check may stumble."""
    diagnosis = check_pipeline(assembled(choices), image_sizes=sizes)
    assert [result for result in diagnosis.results if result.status == "error"] == []
    return tuple(fault.id for fault in diagnosis.faults)


@settings(max_examples=10, phases=DRAWN)
@given(st.lists(st.sampled_from(WAYS), min_size=1, max_size=2, unique_by=lambda way: way[0]))
def test_one_or_two_wrong_links_are_named_and_nothing_else(ways):
    """Of 200 drawn pairs all were named exactly."""
    choices = {link: (fault_id, way) for link, fault_id, way in ways}
    assert named(choices) == faults_of(choices)


COMPOUNDS = [
    ("turn", "order", "first", "k"),
    ("mode", "crop", "claim", "arrangement", "freedom"),
    ("pose", "culling", "statistics", "range", "order", "batch", "sleep"),
]


@pytest.mark.parametrize("links", COMPOUNDS)
def test_all_that_acts_is_listed_in_the_order_in_which_data_flows(links):
    """The last way of every link, across all stages at once."""
    choices = {}
    for link in links:
        fault_id, ways = list(LINKS[link].items())[-1]
        choices[link] = fault_id, ways[-1]
    assert named(choices) == faults_of(choices)


# Right, however drawn -------------------------------------------------------------------------------------------------


@st.composite
def right_crops(draw):
    """Crop, stretch or letterbox with any kernel, on images or on tensors that are smoothed."""
    target = draw(st.sampled_from((96, 112, 160, 224)))
    resample = draw(st.sampled_from(RESAMPLINGS))
    width = target + 16 * draw(st.integers(0, 4))
    return draw(
        st.sampled_from(
            (
                picture.centre_crop(target, resample),
                picture.tensor_crop(target, InterpolationMode.BICUBIC, True),
                picture.letterbox,
                picture.mirrored_padding,
                picture.fractional_window,
                lambda image: picture.values(image.resize((width, target), resample)),
            )
        )
    )


@st.composite
def image_sizes(draw):
    """Up to four times as long as high; at least 224 pixels, since a box that enlarges is nearest neighbour."""
    short = draw(st.integers(224, 600))
    long = draw(st.integers(short, min(4 * short, 1200)))
    return draw(st.sampled_from(((short, long), (long, short))))


@settings(max_examples=12, phases=DRAWN)
@given(
    right_crops(),
    st.sampled_from(("clip", "imagenet", "half", "none")),
    image_sizes(),
    st.sampled_from(sorted(encoder.RIGHT)),
    st.sampled_from(sorted(camera.RIGHT)),
    st.sampled_from(sorted(training.RIGHT)),
    st.integers(0, 100),
)
def test_a_right_pipeline_is_passed_in_silence(crop, statistics, size, encode, project, module, seed):
    given_encoder, given_module = encoder.RIGHT[encode], training.RIGHT[module]
    cases = (
        Pipeline(preprocess=picture.normalised(crop, statistics), normalization=statistics),
        replace(given_encoder, normalization="none"),  # their crops are plain
        Pipeline(project=camera.RIGHT[project], module=given_module.module, trainable=given_module.trainable),
    )
    for case in cases:
        diagnosis = check_pipeline(case, image_sizes=[size], seed=seed)
        assert diagnosis.faults == ()
        assert diagnosis.passed

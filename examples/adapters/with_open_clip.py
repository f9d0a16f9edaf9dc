"""open_clip's own transform and vision tower: no fault, because the points follow what the transform realised."""

import open_clip
from open_clip.transform import image_transform

from diagnostics import Pipeline
from reference import geometry_of, sample_points

preprocess = image_transform(224, is_train=False)
visual = open_clip.create_model("ViT-S-16-alt", load_weights=False).visual.eval()


def encode(crops):
    """The patch tokens after the second block as a map, without the class token."""
    found = visual.forward_intermediates(crops, indices=[1], stop_early=True, intermediates_only=True)
    return found["image_intermediates"][0]


def geometry(image_size):
    """What the transform does to an image of this size."""
    return geometry_of(preprocess, image_size, feat_size=(14, 14))


def lift(features, points, image_size):
    """Features and validity of pixel indices."""
    return sample_points(features[0], points, geometry(image_size))


pipeline = Pipeline(name="open_clip", preprocess=preprocess, encode=encode, lift=lift, geometry=geometry)

"""The reference as a pipeline with every stage: nothing is wrong with it, and its report says so."""

from diagnostics import Pipeline
from reference import EnhancedCLIPEncoder, geometry_of, load_image, official_preprocess, sample_points

preprocess = official_preprocess()
encoder = EnhancedCLIPEncoder(pretrained=None, num_layers=2).eval()


def geometry(image_size):
    """What the transform does to an image of this size."""
    return geometry_of(preprocess, image_size)


def lift(features, points, image_size):
    """Features and validity of pixel indices."""
    return sample_points(features[0], points, geometry(image_size))


def project(world, camera):
    """Pixel indices of world points, and which of them are in front of the camera."""
    points, _, in_front = camera.image_from_world(world)
    return points, in_front


pipeline = Pipeline(
    name="reference",
    load=load_image,
    project=project,
    preprocess=preprocess,
    encode=encoder.encode,
    lift=lift,
    geometry=geometry,
)

"""Hugging Face's CLIP image processor and vision model: no fault, and at odd sizes not the crop of torchvision."""

from open_clip.transform import image_transform
from transformers import CLIPImageProcessor, CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

from diagnostics import Pipeline
from reference import geometry_of, sample_points

processor, pil_processor = CLIPImageProcessor(), CLIPImageProcessorPil()
small = {"hidden_size": 192, "intermediate_size": 768, "num_hidden_layers": 2, "num_attention_heads": 3}
model = CLIPVisionModel(CLIPVisionConfig(patch_size=16, **small)).eval()
transform_of_open_clip = image_transform(224, is_train=False)


def preprocess(image, processor=processor):
    """PIL image to normalised crop."""
    return processor(image, return_tensors="pt")["pixel_values"][0]


def preprocess_by_pil(image):
    """The same by the processor without torchvision."""
    return preprocess(image, pil_processor)


def encode(crops):
    """The last hidden state as a map, without the class token."""
    return model(crops).last_hidden_state[:, 1:].mT.unflatten(-1, (14, 14))


def lift(features, points, image_size, transform=processor):
    """Features and validity of pixel indices, where the processor puts them."""
    return sample_points(features[0], points, geometry_of(transform, image_size, feat_size=(14, 14)))


def lift_by_open_clip(features, points, image_size):
    """Points through open_clip's transform for the same model, images through the processor."""
    return lift(features, points, image_size, transform_of_open_clip)


pipeline = Pipeline(name="Hugging Face", preprocess=preprocess, encode=encode, lift=lift)
pil_backend = Pipeline(name="Hugging Face, PIL backend", preprocess=preprocess_by_pil, encode=encode, lift=lift)
points_of_open_clip = Pipeline(
    name="Hugging Face, points by open_clip", preprocess=preprocess, encode=encode, lift=lift_by_open_clip
)

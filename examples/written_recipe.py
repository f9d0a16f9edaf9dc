"""A pipeline as it is often written down, with two mistakes that raise no error: see its report."""

from torch.nn.functional import grid_sample
from torchvision import transforms

from diagnostics import Pipeline

imagenet = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # not what CLIP was trained with
preprocess = transforms.Compose([transforms.Resize(224), transforms.CenterCrop(224), transforms.ToTensor(), imagenet])


def lift(features, points, image_size):
    """The ideal scale and offset, no half pixel on the way in, half a cell too many on the way out."""
    height, width = image_size
    scale = 224 / min(image_size)
    offset = points.new_tensor([scale * width - 224, scale * height - 224]) / 2
    cells = (scale * points - offset) / 16
    return grid_sample(features, (2 * (cells + 0.5) / 14 - 1)[None, None], align_corners=False)[0, :, 0].T


pipeline = Pipeline(name="written recipe", preprocess=preprocess, lift=lift)

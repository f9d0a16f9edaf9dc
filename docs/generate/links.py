"""Where a fault was seen, as links: `name#123` and `owner/name PR 123` become addresses on GitHub."""

from __future__ import annotations

import re

_REFERENCE = re.compile(r"(?P<repo>[\w.-]+(?:/[\w.-]+)?)(?P<kind>#| PR )(?P<number>\d+)")
_OWNERS = {
    "FeatUp": "mhamilton723",
    "LLaVA": "haotian-liu",
    "Objectron": "google-research-datasets",
    "Open3D": "isl-org",
    "RAFT": "princeton-vl",
    "RobustBench": "RobustBench",
    "ScanNet": "ScanNet",
    "WildDet3D": "allenai",
    "albumentations": "albumentations-team",
    "bevfusion": "mit-han-lab",
    "big_vision": "google-research",
    "caffe": "BVLC",
    "colmap": "colmap",
    "deformable-attention": "lucidrains",
    "diffusers": "huggingface",
    "dino": "facebookresearch",
    "dinov2": "facebookresearch",
    "fvcore": "facebookresearch",
    "gaussian-splatting": "graphdeco-inria",
    "gsplat": "nerfstudio-project",
    "kornia": "kornia",
    "lightly-train": "lightly-ai",
    "mmcv": "open-mmlab",
    "nerfstudio": "nerfstudio-project",
    "onnxruntime": "microsoft",
    "open_clip": "mlfoundations",
    "pytorch": "pytorch",
    "pytorch-pwc": "sniklaus",
    "pytorch3d": "facebookresearch",
    "scannetpp": "scannetpp",
    "segment-geospatial": "opengeos",
    "self-supervised-depth-completion": "fangchangma",
    "simplerecon": "nianticlabs",
    "supervision": "roboflow",
    "tensorflow": "tensorflow",
    "transformers": "huggingface",
    "ultralytics": "ultralytics",
    "voxelmorph": "voxelmorph",
}


def linked(seen_in: str) -> str:
    """`seen_in` in Markdown. Raises `KeyError` for a repository without an owner that is not known here."""
    return _REFERENCE.sub(_link, seen_in)


def _link(found: re.Match[str]) -> str:
    repo, number = found["repo"], found["number"]
    if "/" not in repo:
        repo = f"{_OWNERS[repo]}/{repo}"
    kind = "issues" if found["kind"] == "#" else "pull"
    return f"[{found[0]}](https://github.com/{repo}/{kind}/{number})"

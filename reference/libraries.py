"""open_clip and what it is made of, imported in one place: where they cannot be, one line says which do not fit."""

from __future__ import annotations

from reference.torch_pair import misfit

try:
    import open_clip
    import timm
    from torchvision import transforms
except Exception as error:  # RuntimeError, ImportError, AttributeError: whatever a pair that does not fit runs into
    reason = misfit(error)
    if reason is None:
        raise
    raise ImportError(reason) from None

__all__ = ["open_clip", "timm", "transforms"]

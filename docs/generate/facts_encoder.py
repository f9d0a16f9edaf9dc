"""Facts on the way from crop to map: which token becomes which cell, and what else acts on it."""

from __future__ import annotations

from docs.generate.fact import Fact

_TOKENS = "features = tokens.permute(0, 2, 1).reshape(B, C, rows, columns)"

FACTS: dict[str, Fact] = {
    "class-token-kept": Fact(
        "the class token is counted as patch 0",
        "patches = tokens[:, 1:]",
        "patches = tokens[:, :rows·columns]",
        "Every patch answers one cell to the right, the last of a row at the beginning of the next.",
        "patches = tokens[:, 1:]  # the class token comes first\n" + _TOKENS.replace("tokens", "patches"),
        (("register-tokens-kept", "the same, but by as many cells as there are registers"),),
    ),
    "register-tokens-kept": Fact(
        "register tokens are counted as patches",
        "patches = tokens[:, −rows·columns:]",
        "patches = tokens[:, 1:1 + rows·columns]    drops the class token alone",
        "Every patch answers k cells further on, with row wrap, for k registers.",
        "patches = tokens[:, 1 + model.num_registers :]  # or the last rows * columns of them",
        (("class-token-kept", "by one cell"),),
    ),
    "token-order-transposed": Fact(
        "the map is filled column by column",
        "token k → cell (k // columns, k % columns)",
        "token k → cell (k % rows, k // rows)",
        "The map is the transposed one: right on the diagonal only.",
        _TOKENS,
        (
            ("axes-swapped", "the same function on a square grid: probe `encode` alone, or use a grid that is not"),
            ("grid-reshape-swapped", "a scramble, and silent on a square grid"),
        ),
    ),
    "grid-reshape-swapped": Fact(
        "rows and columns are exchanged in the reshape",
        "tokens.permute(0, 2, 1).reshape(B, C, rows, columns)",
        "tokens.permute(0, 2, 1).reshape(B, C, columns, rows)",
        "Rows are broken at the wrong length, which scrambles the map. Silent on a square grid.",
        _TOKENS + "  # height before width",
        (("token-order-transposed", "shows on square grids as well"),),
    ),
    "tokens-viewed-as-channels": Fact(
        "tokens are viewed as channels",
        "tokens.permute(0, 2, 1).reshape(B, C, rows, columns)",
        "tokens.reshape(B, C, rows, columns)",
        "One patch answers in cells all over the map, in each with other channels. The shape is right.",
        _TOKENS + "  # channels first, then the reshape",
        (("batch-leak", "another image changes the features; here it does not"),),
    ),
    "batch-leak": Fact(
        "images of a batch act on each other",
        "features(A | A, B) = features(A | A, C)",
        "attention over the batch axis: an (N, B, C) block given (B, N, C), or batch statistics at inference",
        "The features of an image change when its batch mates do; alone, an image looks perfect.",
        "block = torch.nn.TransformerEncoderLayer(..., batch_first=True)  # for tokens (B, N, C)\nmodel.eval()",
        (("encoder-not-deterministic", "two equal calls differ: call twice with the same batch"),),
    ),
    "encoder-not-deterministic": Fact(
        "two equal calls differ",
        "encode(crop) = encode(crop)",
        "dropout, drop path or a random crop acts at inference",
        "Features differ from call to call by a noise that no seed of yours controls.",
        "model.eval()\nwith torch.inference_mode():\n    features = model(crops)",
        (("batch-leak", "repeatable; it needs another image in the batch to show"),),
    ),
}

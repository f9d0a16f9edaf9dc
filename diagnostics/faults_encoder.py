"""The catalogue from crop to grid: how an encoder's tokens become a map, and what else acts on them."""

from __future__ import annotations

from diagnostics.faults import Entry

_EVIDENCE = " {agreed} of {known} patches that were changed answer so."

CATALOGUE: dict[str, Entry] = {
    "class-token-kept": Entry(
        stage="encode",
        explanation=(
            "Every patch answers one cell to the right, and the last of a row in the next row: the class token is "
            "counted as the first patch.{worst}" + _EVIDENCE
        ),
        remedy="tokens = tokens[:, 1:], before they are reshaped to {rows} x {columns} cells.",
        seen_in="transformers#37817",
    ),
    "register-tokens-kept": Entry(
        stage="encode",
        explanation=(
            "Every patch answers {extra} cells further on, with row wrap: {extra} tokens in front of the patches, "
            "registers or the class token and registers, are counted as patches.{worst}" + _EVIDENCE
        ),
        remedy="tokens = tokens[:, -{rows} * {columns}:], before they are reshaped to {rows} x {columns} cells.",
        seen_in="dinov2#90",
    ),
    "token-order-transposed": Entry(
        stage="encode",
        explanation=(
            "The map is filled column by column where patches run row by row: it is the transposed one.{worst}"
            + _EVIDENCE
        ),
        remedy="tokens.permute(0, 2, 1).reshape(B, C, {rows}, {columns}), rows before columns.",
        seen_in="bevfusion#208",
    ),
    "grid-reshape-swapped": Entry(
        stage="encode",
        explanation=(
            "Tokens are reshaped to {columns} x {rows} cells (height x width) where the grid is {rows} x {columns}: "
            "rows are broken at the wrong length and the map is scrambled. A square grid would hide it." + _EVIDENCE
        ),
        remedy="tokens.permute(0, 2, 1).reshape(B, C, {rows}, {columns}), height before width.",
        seen_in="dino#8, lightly-train PR 189",
    ),
    "tokens-viewed-as-channels": Entry(
        stage="encode",
        explanation=(
            "Tokens (N, C) are viewed as (C, {rows}, {columns}) without a permute: one patch answers in cells all over "
            "the map, one channel each." + _EVIDENCE
        ),
        remedy="tokens.permute(0, 2, 1).reshape(B, C, {rows}, {columns}): tokens last, then view.",
        seen_in="lightly-train PR 119",
    ),
    "batch-leak": Entry(
        stage="encode",
        explanation=(
            "An image's features change by {change:.1%} when another image of its batch is exchanged: images act on "
            "each other, by exchanged batch and sequence axes or a normalisation over the batch."
        ),
        remedy=(
            "Give blocks what they expect: batch_first=True with (B, N, C), or x.permute(1, 0, 2) for (N, B, C); and "
            "model.eval() against batch statistics."
        ),
        seen_in="open_clip's change to batch_first",
    ),
    "encoder-not-deterministic": Entry(
        stage="encode",
        explanation=(
            "Two calls with the same crop differ by {change:.1%}: dropout, drop path or a random crop acts at "
            "inference."
        ),
        remedy="model.eval() before encoding, and no random transform inside encode.",
        seen_in="models used right after train()",
    ),
}

"""In which order tokens became a map: the wrong links that explain which cell answers to which patch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnostics.probes_encoder import Answers, prominence, striking
from diagnostics.subject import Floats

_MOST_EXTRA = 16  # class and register tokens in front of the patches
MAJORITY = 0.5  # of the patches must agree before a fault is named
NEARBY = 0.8  # of the patches: chance gives one in four even on a grid of 6 x 6
_EXACT = 0.9  # of the patches: so many agree with one order only if it is the one
_BY_CHANCE = 1e-4  # an order that agrees more often than chance does is believed


@dataclass(frozen=True)
class Order:
    """One way from tokens to a map, and how many of the patches answered as it says.

    fault: the id of a wrong arrangement, or "". extra: tokens kept in front of the patches. places: (N,) row-major
    place on the map of every patch, -1 where it fell off. share: of the patches changed. known: how many were counted.
    """

    fault: str
    extra: int
    places: np.ndarray
    share: float
    known: int

    @property
    def wrong(self) -> int:
        """How many links are wrong."""
        return bool(self.fault) + bool(self.extra)


def explain(answers: Answers) -> Order:
    """The order that most answers agree with; of equally good ones that with the fewest wrong links."""
    return max(_orders(answers), key=lambda order: (order.share, -order.wrong, -order.extra))


def believable(order: Order, cells: int) -> bool:
    """Whether so many agree that chance, one in `cells` for each of them, would not give it once in 10,000 times."""
    agreed = round(order.share * order.known)
    at_least = sum(_binomial(order.known, k, 1 / cells) for k in range(agreed, order.known + 1))
    return at_least < _BY_CHANCE or order.known >= cells or order.share == 1


def within(answers: Answers, cells: int) -> np.ndarray:
    """Which patches are answered in their own cell or one at most so many `cells` off on either axis, (P,).

    A convolution without a heavy centre answers in its patch's neighbours, too: blurred, but nowhere else.
    """
    if answers.shape != answers.grid:
        return np.zeros(len(answers.patches), dtype=bool)
    most = striking(np.linalg.norm(answers.changes, axis=1))
    columns = answers.shape[1]
    steps = np.abs(np.stack(np.divmod(most, columns)) - np.stack(np.divmod(answers.patches, columns)))
    return np.asarray(steps.max(axis=0) <= cells)


def blurred(answers: Answers, order: Order) -> bool:
    """Whether the right order blurred explains the answers as well as the wrong `order` does, or better.

    Cells that lie half a cell beside their patches, as behind strided convolutions, answer in a neighbour as often as
    in their own. Tokens in front are known from that by the last column, whose patches they bring to the other side.
    """
    near, last = within(answers, cells=1), answers.patches % answers.grid[1] == answers.grid[1] - 1
    return bool(near.mean() >= NEARBY and near[last].all() and answers.grid[1] > 2 and order.share < _EXACT)


def standing(answers: Answers) -> float:
    """Mean share of the cells that answer less than the patch's own; one half if cells know nothing of patches."""
    if answers.shape != answers.grid:
        return 0.0
    striking_by = prominence(np.linalg.norm(answers.changes, axis=1))
    own = striking_by[np.arange(len(answers.patches)), answers.patches][:, None]
    return float((np.sign(own - striking_by).mean() + 1) / 2)


def _orders(answers: Answers) -> Iterator[Order]:
    cells = answers.grid[0] * answers.grid[1]
    for fault, places, responses in _arrangements(answers):
        most = striking(responses)
        for extra in range(min(_MOST_EXTRA, cells - 1) + 1):
            moved = np.append(places[extra:], np.full(extra, -1))
            expected = moved[answers.patches]
            known = expected >= 0
            share = float((most[known] == expected[known]).mean()) if known.any() else 0.0
            yield Order(fault, extra, moved, share, int(known.sum()))


def _arrangements(answers: Answers) -> Iterator[tuple[str, np.ndarray, Floats]]:
    """Each arrangement's fault, the place of every token in it, and how strongly each place answered, (P, N)."""
    rows, columns = answers.grid
    tokens = np.arange(rows * columns)
    strength = np.linalg.norm(answers.changes, axis=1)
    transposed = tokens.reshape(rows, columns).T.ravel().argsort()
    if answers.shape == answers.grid:
        yield "", tokens, strength
        yield "token-order-transposed", tokens.reshape(columns, rows).T.ravel().argsort(), strength
    else:
        yield "grid-reshape-swapped", tokens, strength
        yield "token-order-transposed", transposed, strength
    channels = answers.changes.shape[1]
    if channels > 1:
        # (N, C) viewed as (C, h, w): in memory the tokens still lie one after the other.
        viewed = answers.changes.reshape(len(answers.changes), rows * columns, channels)
        yield "tokens-viewed-as-channels", tokens, np.linalg.norm(viewed, axis=2)


def _binomial(count: int, hits: int, chance: float) -> float:
    ways = np.prod([(count - k) / (k + 1) for k in range(hits)])
    return float(ways * chance**hits * (1 - chance) ** (count - hits))

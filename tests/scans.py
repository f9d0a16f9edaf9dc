"""Scans of a made-up room in the layout of 7-Scenes: exact depth of walls and balls from cameras that turn and move."""

import json
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from diagnostics.audit import neighbour
from diagnostics.auditing.corrections import Correction
from diagnostics.auditing.frame import Settings, measure_frame
from diagnostics.auditing.mistake_search import searched
from diagnostics.auditing.verdict import Totals, explained, judged
from diagnostics.dataset import open_dataset

ROOM = np.array([[-3.0, -1.5, -2.5], [3.0, 1.5, 2.5]])
BALLS = [((1.2, 0.6, 1.0), 0.7), ((-1.5, 0.2, 1.6), 0.9), ((0.4, -0.6, -1.4), 0.6), ((-0.8, 0.9, -0.9), 0.5)]
K = np.array([[150.0, 0, 82.5], [0, 143.0, 57.0], [0, 0, 1]])
SIZE = (120, 160)
OPENGL = np.diag([1.0, -1.0, -1.0, 1.0])


def pose(k):
    """Camera to world of frame k: it turns by 11 degrees a frame, nods and walks."""
    yaw, pitch = 0.19 * k, 0.25 * np.sin(0.9 * k)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    whole = np.eye(4)
    whole[:3, :3] = turn @ nod
    whole[:3, 3] = (0.5 * np.sin(0.5 * k), 0.25 * np.cos(0.7 * k), 0.4 * np.cos(0.4 * k))
    return whole


def depth(camera_to_world, k=K, size=SIZE):
    """Metres along z to the nearest wall or ball, (height, width)."""
    v, u = np.indices(size)
    rays = np.stack([(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1], np.ones(size)], axis=-1)
    ways = rays @ camera_to_world[:3, :3].T
    start = camera_to_world[:3, 3]
    ways = np.where(ways == 0, 1e-12, ways)  # along a wall, which is never met
    nearest = (np.where(ways > 0, ROOM[1] - start, ROOM[0] - start) / ways).min(axis=-1)
    for middle, radius in BALLS:
        away = start - np.array(middle)
        a, b, c = (ways**2).sum(-1), (ways * away).sum(-1), away @ away - radius**2
        root = np.sqrt(np.maximum(b**2 - a * c, 0))
        hit = (-b - root) / a
        nearest = np.where((b**2 > a * c) & (hit > 0), np.minimum(nearest, hit), nearest)
    return nearest


def write_scan(
    folder: Path, frames=9, *, said_pose=lambda m: m, said_k=lambda k: k, crop=(0, 0), noise=0.0, seen=depth, path=pose
):
    """A folder of frames whose poses and K are what is said of them, their images and depth cropped at left and top.

    seen: the depth in metres from a camera-to-world pose; path: that of frame k.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(2)
    for k in range(frames):
        metres = seen(path(k))
        metres = metres + random.normal(0, noise, metres.shape)
        millimetres = np.rint(1000 * metres).astype(np.uint16)[crop[1] :, crop[0] :]
        name = folder / f"frame-{k:06d}"
        Image.fromarray(millimetres).save(f"{name}.depth.png")
        shade = (255 * (millimetres / millimetres.max())).astype(np.uint8)
        Image.fromarray(shade).convert("RGB").save(f"{name}.color.png")
        np.savetxt(f"{name}.pose.txt", said_pose(path(k)))
    np.savetxt(folder / "camera-intrinsics.txt", said_k(K.copy()))
    return folder


def verdict(folder, apart=2):
    """The totals, the correction and the faults that an audit finds, without its processes."""
    entries, settings, totals = open_dataset(folder).entries, Settings(), Totals()
    near = partial(neighbour, entries, apart=apart)
    for index, entry in enumerate(entries):
        totals.add(json.loads(json.dumps(measure_frame(entry, near(index), settings).to_dict())))
    best, _ = explained(totals.corrections())
    found = judged(totals, searched(entries, near, dict.fromkeys([Correction(), best]), settings))
    return totals, found.best, found.faults


def scaled(factor):
    """K as it is of an image that is `factor` times as large, its first pixel's centre at (0, 0)."""

    def of(k):
        k = k.copy()
        k[:2, 2] += 0.5
        k[:2] *= factor
        k[:2, 2] -= 0.5
        return k

    return of


def exchanged(k):
    """fx, cx and fy, cy for each other."""
    return np.array([[k[1, 1], 0, k[1, 2]], [0, k[0, 0], k[0, 2]], [0, 0, 1]])

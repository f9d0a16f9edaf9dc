"""The readers that are fuzzed, in one list: each with its harness, its good files and the edits that suit them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fuzz import mutations, seeds
from fuzz.mutations import Edit
from fuzz.oracle import told_as_findings


@dataclass(frozen=True)
class Reader:
    """harness: `module:function` below this package, imported when it is needed: some import torch.

    instrumented: packages whose coverage guides the fuzzer, besides our own.
    """

    name: str
    harness: str
    seeds: Callable[[], Iterable[bytes]]
    edit: Edit
    instrumented: tuple[str, ...] = ()

    def read(self) -> Callable[[bytes, Path], None]:
        """What is called with the content of one file and a folder that is its own; raises `Finding`."""
        module, _, function = self.harness.partition(":")
        harness = getattr(importlib.import_module(f"fuzz.{module}"), function)

        def read(content: bytes, folder: Path) -> None:
            with told_as_findings():
                harness(content, folder)

        return read


READERS = (
    Reader("image", "files:read_image", seeds.images, mutations.edited_image, ("PIL",)),
    Reader("npy", "files:read_npy", seeds.arrays, mutations.edited_npy, ("numpy.lib",)),
    Reader("camera", "files:read_camera_file", seeds.cameras, mutations.edited_json),
    Reader("manifest", "datasets:read_manifest", seeds.manifests, mutations.edited_lines),
    Reader("parquet", "datasets:read_parquet", seeds.parquets, mutations.edited_bytes),
    Reader("matrices", "datasets:read_matrices", seeds.matrices, mutations.edited_words),
    Reader("transforms", "datasets:read_transforms", seeds.transforms, mutations.edited_json),
    Reader("colmap", "datasets:read_colmap", seeds.models, mutations.edited_words),
    Reader("journal", "datasets:read_journal", seeds.journals, mutations.edited_lines),
    Reader("results", "commands:read_results_file", seeds.results, mutations.edited_json),
    Reader("name", "commands:read_name", seeds.names, mutations.edited_name),
    Reader("arguments", "commands:read_arguments", seeds.arguments, mutations.edited_arguments),
)
BY_NAME = {reader.name: reader for reader in READERS}

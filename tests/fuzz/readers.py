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

    share: of a Hypothesis profile's examples, per cent: what takes long is tried less often.
    instrumented: packages whose coverage guides the fuzzer, besides our own.
    """

    name: str
    harness: str
    seeds: Callable[[], Iterable[bytes]]
    edit: Edit
    share: int = 100
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
    Reader("image", "files:read_image", seeds.images, mutations.edited_image, 100, ("PIL",)),
    Reader("npy", "files:read_npy", seeds.arrays, mutations.edited_npy, 100, ("numpy.lib",)),
    Reader("camera", "files:read_camera_file", seeds.cameras, mutations.edited_json, 60),
    Reader("manifest", "datasets:read_manifest", seeds.manifests, mutations.edited_lines, 60),
    Reader("parquet", "datasets:read_parquet", seeds.parquets, mutations.edited_bytes, 40),
    Reader("matrices", "datasets:read_matrices", seeds.matrices, mutations.edited_words, 12),
    Reader("transforms", "datasets:read_transforms", seeds.transforms, mutations.edited_json, 40),
    Reader("colmap", "datasets:read_colmap", seeds.models, mutations.edited_words, 12),
    Reader("journal", "datasets:read_journal", seeds.journals, mutations.edited_lines, 100),
    Reader("results", "commands:read_results_file", seeds.results, mutations.edited_json, 10),
    Reader("name", "commands:read_name", seeds.names, mutations.edited_name, 100),
    Reader("arguments", "commands:read_arguments", seeds.arguments, mutations.edited_arguments, 25),
)
BY_NAME = {reader.name: reader for reader in READERS}

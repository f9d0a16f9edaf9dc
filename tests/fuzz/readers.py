"""The readers that are fuzzed, in one list: each with its harness, its good files and the edits that suit them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fuzz import command_edits, edits, file_edits, json_edits, seeds
from fuzz.edits import Edit
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
    Reader("image", "files:read_image", seeds.images, file_edits.edited_image, 100, ("PIL",)),
    Reader("npy", "files:read_npy", seeds.arrays, file_edits.edited_npy, 100, ("numpy.lib",)),
    Reader("camera", "files:read_camera_file", seeds.cameras, json_edits.edited_json, 60),
    Reader("manifest", "datasets:read_manifest", seeds.manifests, json_edits.edited_lines, 60),
    Reader("parquet", "datasets:read_parquet", seeds.parquets, edits.edited_bytes, 40),
    Reader("matrices", "datasets:read_matrices", seeds.matrices, edits.edited_words, 12),
    Reader("transforms", "datasets:read_transforms", seeds.transforms, json_edits.edited_json, 40),
    Reader("colmap", "datasets:read_colmap", seeds.models, edits.edited_words, 12),
    Reader("journal", "datasets:read_journal", seeds.journals, json_edits.edited_lines, 100),
    Reader("results", "commands:read_results_file", seeds.results, json_edits.edited_json, 10),
    Reader("name", "commands:read_name", seeds.names, command_edits.edited_name, 100),
    Reader("arguments", "commands:read_arguments", seeds.arguments, command_edits.edited_arguments, 25),
)
BY_NAME = {reader.name: reader for reader in READERS}

"""All pages and pictures of the catalogue, as text by file name."""

from __future__ import annotations

from diagnostics import faults_camera, faults_encoder, faults_lift, faults_preprocess, faults_training
from diagnostics.faults import Entry
from docs.generate import (
    facts_camera,
    facts_encoder,
    facts_frame,
    facts_grid,
    facts_preprocess,
    facts_reading,
    facts_training,
)
from docs.generate.camera_specimens import cameras
from docs.generate.encoder_specimens import encoders
from docs.generate.fact import Fact
from docs.generate.lift_specimens import landings
from docs.generate.odd_specimens import odd_landings
from docs.generate.page import Specimen
from docs.generate.preprocess_specimens import preprocesses
from docs.generate.reading_specimens import readings
from docs.generate.text import by_stage, index, page
from docs.generate.training_specimens import trainings

_CATALOGUES = (faults_camera, faults_preprocess, faults_encoder, faults_lift, faults_training)
_FACTS = (facts_camera, facts_preprocess, facts_encoder, facts_frame, facts_grid, facts_reading, facts_training)


def catalogue() -> dict[str, Entry]:
    """Every fault that has an id, in the order in which data flows."""
    entries = {fault_id: entry for module in _CATALOGUES for fault_id, entry in module.CATALOGUE.items()}
    return {fault_id: entries[fault_id] for fault_id in by_stage(entries)}


def facts() -> dict[str, Fact]:
    """The hand-written part of every page."""
    return {fault_id: fact for module in _FACTS for fault_id, fact in module.FACTS.items()}


def specimens() -> dict[str, Specimen]:
    """A planted fault for every page."""
    lifts = {fault_id: planted.specimen() for fault_id, planted in (landings() | odd_landings()).items()}
    return cameras() | preprocesses() | encoders() | lifts | readings() | trainings()


def files() -> dict[str, str]:
    """File name in docs/faults -> text, for every page, every picture and the list.

    Raises `RuntimeError` where an id of the catalogue lacks its facts or its planted fault, or one of these has no id.
    """
    entries, known, planted = catalogue(), facts(), specimens()
    for name, have in (("facts in docs/generate/facts_*.py", known), ("a specimen in docs/generate", planted)):
        if missing := [fault_id for fault_id in entries if fault_id not in have]:
            raise RuntimeError(f"no {name} for {', '.join(missing)}")
        if unknown := [fault_id for fault_id in have if fault_id not in entries]:
            raise RuntimeError(f"{name} for {', '.join(unknown)}, which diagnostics/faults_*.py do not have")
    written, rows = {}, []
    for fault_id, entry in entries.items():
        fault = planted[fault_id].diagnose(fault_id)
        picture = planted[fault_id].draw(fault)
        written[f"{fault_id}.svg"] = picture.svg
        written[f"{fault_id}.md"] = page(fault, entry, known[fault_id], planted[fault_id], picture)
        rows.append((fault, entry, known[fault_id]))
    return {"README.md": index(rows)} | written

"""A warm process does not grow: certificate after certificate, each of another household."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from konbini.pdf.specimen.seals import specimen_seals
from konbini.simulation.bench.household import binding_of_document, household
from konbini.simulation.bench.material import Document, Material, make_material
from konbini.simulation.bench.ours import Ours

_WARM = 500
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ROOM = 12 << 20  # bytes: the allocator's unrest; so much is kept of 200 documents that are not let go


def _resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE


def _make(material: Material, ours: Ours, first: int, count: int) -> None:
    seals, page = material.documents[0].seals, material.documents[0].page
    for index in range(first, first + count):
        document = Document(facts=household(index), binding=binding_of_document(index), seals=seals, page=page)
        assert ours.make(document).endswith(b"%%EOF\n")


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_memory_stays_flat(count: int) -> None:
    """Page seal, drawing, signature: what one document takes is free again when it is done."""
    material = make_material(1)
    assert material.documents[0].seals == specimen_seals(household(0))
    ours = Ours(material)
    _make(material, ours, 0, _WARM)
    before = _resident()
    _make(material, ours, _WARM, count)
    assert _resident() - before < _ROOM

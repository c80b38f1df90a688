"""The two sorts of papers that a world can have, each as the ports that the services and the kiosk are handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from konbini.kiosk.printing.raster import Rasterise
from konbini.kiosk.visit.tools import Verify
from konbini.pdf.template import Template, load_all
from konbini.pdf.verification import verify as verify_pdf
from konbini.simulation.world.papers.drawing import SimulatedForm
from konbini.simulation.world.papers.printed import Rasterising, real_pages, simulated_pages
from konbini.simulation.world.papers.reading import check
from konbini.simulation.world.papers.signing import open_signer, verify
from konbini.ward_server.clerk import papers as clerk
from konbini.ward_server.clerk.clerk import PaperReader
from konbini.ward_server.clerk.signing_key import SigningConfig
from konbini.ward_server.issuing import papers as issuing
from konbini.ward_server.issuing.desk import Form

__all__ = ["REAL", "SIMULATED", "SimulatedPapers", "WorldPapers"]


class SimulatedPapers:
    """Papers of the world: `Papers` of `issuing` and of the clerk."""

    def templates(self, folder: Path) -> Sequence[Template]:
        """Read every template of a folder, newest first; the same files are taken apart once."""
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return _templates(folder, tuple((path.name, path.read_bytes()) for path in files))

    def forms(self, templates: Sequence[Template], typefaces: Sequence[Path]) -> Mapping[str, Form]:
        """Make each template's form ready; no face is read."""
        del typefaces
        return {template.form: SimulatedForm(template) for template in templates}

    def reader(self, typefaces: Sequence[Path]) -> PaperReader:
        """Give what reads papers; no face is read."""
        del typefaces
        return check

    def signer(self, config: SigningConfig) -> AbstractContextManager[clerk.OpenSigner]:
        """Give the signer while the context lasts."""
        return open_signer(config)


@lru_cache(maxsize=16)  # a ward's processes start again and again
def _templates(folder: Path, _content: tuple[tuple[str, bytes], ...]) -> Sequence[Template]:
    return load_all(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPapers:
    """One sort of papers.

    Attributes:
        issuing: for `konbini.ward_server.issuing.main.serve`.
        clerk: for `konbini.ward_server.clerk.main.serve`.
        verify: for the tools of a visit.
        rasterise: for `konbini.kiosk.printing.printer.IppPrinter`.
        pages: the bytes of each page of a verified buffer, for a printer of the world's own.
    """

    issuing: issuing.Papers
    clerk: clerk.Papers
    verify: Verify
    rasterise: Rasterise
    pages: Callable[[bytes], Sequence[bytes]]


_SIMULATED: Final = SimulatedPapers()
SIMULATED: Final = WorldPapers(
    issuing=_SIMULATED,
    clerk=_SIMULATED,
    verify=verify,
    rasterise=Rasterising(simulated_pages),
    pages=simulated_pages,
)
REAL: Final = WorldPapers(
    issuing=issuing.PDF_PAPERS,
    clerk=clerk.PDF_PAPERS,
    verify=verify_pdf,
    rasterise=Rasterising(real_pages),
    pages=real_pages,
)
"""Drawn, read, signed and verified as in production; a sheet is what pdfium reads, not its dots."""

"""What the clerk reads and signs papers with: a port, because a ward is run without a face and without a PDF too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from konbini.pdf import reading
from konbini.pdf.originals import Originals
from konbini.pdf.template import Template, load_all
from konbini.time_stamps.asking import TimeStamps
from konbini.ward_server.clerk.clerk import PaperReader
from konbini.ward_server.clerk.signing_key import SigningConfig, open_signer

__all__ = ["PDF_PAPERS", "OpenSigner", "Papers", "PdfPapers"]


class OpenSigner(Protocol):
    """The ward's document key while the process runs."""

    @property
    def time_stamps(self) -> TimeStamps | None:
        """The service that is asked for each document, where one is."""

    def sign(self, pdf: bytes, moment: int) -> bytes:
        """See `PaperSigner`.

        Raises:
            Refused: `SIGNING_CERTIFICATE_INVALID`, `OVERSIZE`, or what key and services refuse.
        """


class Papers(Protocol):
    """Makes ready what papers are read and signed with, once at start."""

    def templates(self, folder: Path) -> Sequence[Template]:
        """Read every template of a folder, newest first.

        Raises:
            TemplateInvalid, OSError: a file cannot be used.
        """

    def reader(self, typefaces: Sequence[Path]) -> PaperReader:
        """Give what reads papers that are drawn with these faces.

        Raises:
            ValueError, OSError: a face cannot be used.
        """

    def signer(self, config: SigningConfig) -> AbstractContextManager[OpenSigner]:
        """Give the signer while the context lasts.

        Raises:
            Refused: the token cannot be used now.
            OSError, ValueError: a file cannot be used, or key and certificate do not belong together.
        """


class PdfPapers:
    """PDF/A with PAdES."""

    def templates(self, folder: Path) -> Sequence[Template]:
        """See `Papers`."""
        return load_all(folder)

    def reader(self, typefaces: Sequence[Path]) -> PaperReader:
        """See `Papers`."""
        return partial(reading.check, originals=Originals(tuple(typefaces)))

    def signer(self, config: SigningConfig) -> AbstractContextManager[OpenSigner]:
        """See `Papers`."""
        return open_signer(config)


PDF_PAPERS: Final = PdfPapers()

"""What papers are drawn with: a port, because a ward is run without a face and without a PDF too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.kinds import ready
from konbini.pdf.template import Template, load_all
from konbini.ward_server.issuing.desk import Form

__all__ = ["PDF_PAPERS", "Papers", "PdfPapers"]


class Papers(Protocol):
    """Makes a ward's forms ready, once at start."""

    def templates(self, folder: Path) -> Sequence[Template]:
        """Read every template of a folder, newest first.

        Raises:
            TemplateInvalid, OSError: a file cannot be used.
        """

    def forms(self, templates: Sequence[Template], typefaces: Sequence[Path]) -> Mapping[str, Form]:
        """Make each template's form ready to draw with these faces.

        Returns:
            The forms, by their template's id.

        Raises:
            ValueError, OSError: a template of no kind that there is, or a face that cannot be used.
            Refused: `FORM_OVERFLOW` or `GLYPH_MISSING`: a template's own words cannot be drawn.
        """


class PdfPapers:
    """PDF/A, drawn with the faces."""

    def templates(self, folder: Path) -> Sequence[Template]:
        """See `Papers`."""
        return load_all(folder)

    def forms(self, templates: Sequence[Template], typefaces: Sequence[Path]) -> Mapping[str, Form]:
        """See `Papers`."""
        return ready(templates, Typeface(*typefaces))


PDF_PAPERS: Final = PdfPapers()

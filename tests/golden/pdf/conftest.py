"""The face, the template and the form of the drawing's own tests."""

from __future__ import annotations

from tests.unit.pdf.conftest import form, template, typeface

__all__ = ["form", "template", "typeface"]

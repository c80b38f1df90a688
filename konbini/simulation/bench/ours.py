"""The ward's own way: the form prepared at start, one drawing and one signature a document."""

from __future__ import annotations

from typing import Final

from konbini.simulation.bench.material import Document, Material

__all__ = ["Ours"]


class Ours:
    """Draws as `issuing` does and signs as the clerk does; the clerk's reading between them is measured apart."""

    name: Final = "ours"

    def __init__(self, material: Material) -> None:
        self._form = material.form
        self._signer = material.signer()
        self._moment = material.moment

    def make(self, document: Document) -> bytes:
        """Draw from facts, sign."""
        return self._signer.sign(
            self._form.draw(document.facts, binding=document.binding, seals=document.seals), self._moment
        )

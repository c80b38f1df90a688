"""The screens of what was issued on the card: the list, and that there is none now. Base: `view.py`."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.session.flow import State
from konbini.kiosk.session.view import View
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, IssuanceFate

__all__ = ["LINES_A_PAGE", "NoOwnListView", "OwnLine", "OwnListView"]

LINES_A_PAGE = 4
"""As many stand on an upright screen at the normal size of text, in every language, whatever their kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """One certificate that was issued on the card; it names nobody.

    Attributes:
        number: the issuance number.
        kind: which certificate.
        issued: when, Unix milliseconds.
        kiosk: at which kiosk, by its id.
        operator: who runs that; empty where the ward does not say.
        is_here: it is this kiosk.
        fate: what became of it.
    """

    number: str
    kind: CertificateKind
    issued: int
    kiosk: str
    operator: str
    is_here: bool
    fate: IssuanceFate


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnListView(View):
    """One page of what was issued on the card since `since` (Unix milliseconds), the newest first.

    `older`: how many more there are than the ward has told.
    """

    STATE = State.OWN_LIST

    since: int
    lines: tuple[OwnLine, ...]
    page: int = 1
    pages: int = 1
    older: int = 0

    @property
    def is_last(self) -> bool:
        """Whether nothing follows on another page."""
        return self.page == self.pages


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOwnListView(View):
    """The list cannot be shown now, and the visit goes on."""

    STATE = State.NO_OWN_LIST

    code: Code

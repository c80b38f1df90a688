"""The screens that ask which municipality, and that say what cannot be had there. Base: `view.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from konbini.kiosk.session.flow import State
from konbini.kiosk.session.view import View
from konbini.protocol.errors import Code

__all__ = [
    "ClosedView",
    "FoundView",
    "NotOfferedView",
    "PlaceName",
    "PostcodeView",
    "PrefectureView",
    "TownView",
    "Wanted",
    "WardChoice",
    "WardName",
    "WardView",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardName:
    """A municipality's name as it is written, in Latin letters and in kana (these empty where they are not known)."""

    written: str
    latin: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WardChoice:
    """One ward that can be chosen; `hours` as "6:30-23:00"; a closed one can be chosen too, and says until when."""

    code: str
    name: WardName
    hours: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WardView(View):
    """Which municipality."""

    STATE = State.WARD

    wards: tuple[WardChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedView(View):
    """Closed: the whole kiosk, or the one ward that was chosen.

    Attributes:
        code: why (`Code.WARD_CLOSED`, `Code.WARD_STOPPED`, ...).
        ward: the ward that was chosen, None where no ward can be asked.
        reopens: when it opens again, None where nobody knows.
    """

    code: Code
    ward: WardName | None = None
    reopens: int | None = None

    @property
    def state(self) -> State:
        """The kiosk's own state or the one ward's."""
        return State.CLOSED if self.ward is None else State.WARD_CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceName:
    """A prefecture or a municipality that can be chosen, by its code; `detail` tells two of one name apart."""

    code: str
    name: WardName
    detail: WardName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectureView(View):
    """Which of the 47 prefectures: those of one region (地方), and the regions that there are."""

    STATE = State.PREFECTURE

    regions: tuple[str, ...]
    region: str
    prefectures: tuple[PlaceName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TownView(View):
    """Which municipality of a prefecture: those whose names begin in one kana row, and the rows that there are."""

    STATE = State.TOWN

    prefecture: WardName
    rows: tuple[str, ...]
    row: str
    towns: tuple[PlaceName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostcodeView(View):
    """The postcode of where one lives; `was_unknown` where no municipality has the one that was typed."""

    STATE = State.POSTCODE

    was_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView(View):
    """Which of the municipalities that have the postcode, at least one."""

    STATE = State.FOUND

    postcode: str
    towns: tuple[PlaceName, ...]


@unique
class Wanted(Enum):
    """What was looked for and cannot be had here yet."""

    TOWN = "town"
    """A certificate of a municipality that takes no part."""
    DOMICILE = "domicile"
    """Something of the registered domicile (本籍地) where it is not where one lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOfferedView(View):
    """It cannot be had here yet; `town` is the municipality, where one was chosen."""

    STATE = State.NOT_OFFERED

    wanted: Wanted
    town: WardName | None = None

"""The one table of routes: every way into the console, who may go it, and whether it changes anything.

The site is built from this table and from nothing else; docs/console-rights.md is written from it; a test goes every
way as every role and as nobody, and compares what was allowed with that document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Final

from konbini.ward_server.console.act import Act
from konbini.ward_server.console.rights import ALL, READS_RESIDENTS, Role

__all__ = ["Access", "Route", "all_routes"]


@unique
class Access(Enum):
    """What one must have to go a way."""

    ANYBODY = "anybody"
    """A browser that reaches the port: style, scripts, and the page where a terminal is enrolled."""
    TERMINAL = "terminal"
    """An enrolled terminal, and no session: enrolling a passkey, signing in."""
    SESSION = "session"
    """A session, locked or not: unlocking, signing out."""
    ROLE = "role"
    """A session that is open, of a person with one of the roles named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way: `acts` says that something changes by it; `handler` names the page."""

    method: str
    path: str
    handler: str
    access: Access = Access.ROLE
    may: frozenset[Role] = frozenset()
    acts: bool = False
    by_hand: bool = True

    def __post_init__(self) -> None:
        """Refuse a way that nobody could go, or whose rights would not be looked at.

        Raises:
            ValueError: roles without their access, access by role without roles, or a GET that acts.
        """
        if (self.access is Access.ROLE) is not bool(self.may) or (self.acts and self.method == "GET"):
            raise ValueError(f"{self.method} {self.path} has no sense")


_CHECKS: Final = frozenset({Role.SUPERVISION, Role.AUDIT})
_STAFF: Final = frozenset({Role.ADMINISTRATION, Role.SUPERVISION, Role.AUDIT})
_FINDS: Final = READS_RESIDENTS | {Role.AUDIT}
_KEEPS: Final = frozenset({Role.APPROVAL, Role.SUPERVISION})
_WAITS: Final = READS_RESIDENTS | {Role.MAINTENANCE}

_ENTRANCE: Final = (
    Route(method="GET", path="/static/{name}", handler="static", access=Access.ANYBODY),
    Route(method="GET", path="/language/{language}", handler="language", access=Access.ANYBODY),
    Route(method="GET", path="/terminal", handler="terminal", access=Access.ANYBODY),
    Route(method="POST", path="/terminal", handler="enrol_terminal", access=Access.ANYBODY, acts=True),
    Route(method="GET", path="/sign-in", handler="sign_in", access=Access.TERMINAL),
    Route(method="POST", path="/sign-in", handler="signed_in", access=Access.TERMINAL, acts=True),
    Route(method="GET", path="/enrol", handler="enrol", access=Access.TERMINAL),
    Route(method="POST", path="/enrol", handler="enrol_code", access=Access.TERMINAL, acts=True),
    Route(method="POST", path="/enrol/passkey", handler="enrol_passkey", access=Access.TERMINAL, acts=True),
    Route(method="GET", path="/locked", handler="locked", access=Access.SESSION),
    Route(method="POST", path="/lock", handler="lock", access=Access.SESSION, acts=True),
    Route(method="POST", path="/unlock", handler="unlock", access=Access.SESSION, acts=True),
    Route(method="POST", path="/sign-out", handler="sign_out", access=Access.SESSION, acts=True),
)
_PAGES: Final = (
    Route(method="GET", path="/", handler="live", may=ALL),
    Route(method="GET", path="/live/events", handler="events", may=ALL, by_hand=False),
    Route(method="GET", path="/manual", handler="manual", may=ALL),
    Route(method="GET", path="/sessions", handler="sessions", may=ALL),
    Route(method="POST", path="/sessions", handler="end_session", may=ALL, acts=True),
    Route(method="POST", path="/sessions/read", handler="notice_read", may=ALL, acts=True),
    Route(method="GET", path="/act", handler="acts", may=ALL - {Role.AUDIT}),
    Route(method="GET", path="/find", handler="find", may=_FINDS),
    Route(method="GET", path="/find/issuance", handler="issuance", may=_FINDS),
    Route(method="GET", path="/find/unsettled", handler="unsettled", may=_FINDS | {Role.MAINTENANCE}),
    Route(method="POST", path="/find/record", handler="record", may=READS_RESIDENTS, acts=True),
    Route(method="POST", path="/find/issuances", handler="issuances", may=READS_RESIDENTS, acts=True),
    Route(method="GET", path="/changes", handler="changes", may=READS_RESIDENTS),
    Route(method="GET", path="/decisions", handler="decisions", may=_WAITS),
    Route(method="GET", path="/settings", handler="settings", may=_WAITS | {Role.AUDIT}),
    Route(method="GET", path="/settings/text", handler="settings_text", may=_WAITS | {Role.AUDIT}),
    Route(method="POST", path="/differences", handler="differences", may=frozenset({Role.SUPERVISION}), acts=True),
    Route(method="GET", path="/disposals", handler="disposals", may=_KEEPS),
    Route(method="GET", path="/disclosures", handler="disclosures", may=_FINDS),
    Route(method="POST", path="/disclosures/file", handler="disclosure_file", may=READS_RESIDENTS, acts=True),
    Route(method="GET", path="/cases", handler="cases", may=_FINDS | {Role.MAINTENANCE}),
    Route(method="GET", path="/reports", handler="reports", may=_FINDS),
    Route(method="GET", path="/reports.csv", handler="reports_csv", may=_FINDS),
    Route(method="GET", path="/reports.pdf", handler="reports_pdf", may=_FINDS),
    Route(method="GET", path="/staff", handler="staff", may=_STAFF),
    Route(method="GET", path="/rights", handler="rights", may=_STAFF),
    Route(method="GET", path="/rights.csv", handler="rights_csv", may=_STAFF),
    Route(method="GET", path="/log", handler="log", may=_CHECKS),
    Route(method="GET", path="/log/acts", handler="kept_acts", may=_CHECKS),
    Route(method="GET", path="/log/acts/{act_id}", handler="evidence", may=_CHECKS),
    Route(method="GET", path="/log/look-ups", handler="looks", may=_CHECKS),
    Route(method="POST", path="/log/look-ups", handler="close_look", may=_CHECKS, acts=True),
)


def all_routes(acts: Iterable[Act[Any]]) -> tuple[Route, ...]:
    """Give every way: the entrance, the pages, and for each act its form, its preview and its confirmation."""
    return (*_ENTRANCE, *_PAGES, *(route for act in acts for route in _act_routes(act)))


def _act_routes(act: Act[Any]) -> tuple[Route, ...]:
    form, one = f"/act/{act.name}", f"/act/{act.name}/{{act_id}}"
    return (
        Route(method="GET", path=form, handler="act_form", may=act.may),
        Route(method="POST", path=form, handler="prepare", may=act.may, acts=True),
        Route(method="GET", path=one, handler="act", may=act.may),
        Route(method="POST", path=one, handler="confirm", may=act.may, acts=True),
    )

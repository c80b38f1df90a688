"""Acts that steer a process while it runs: other settings, other key-encryption keys, keys of visits made anew.

Each is a decision of two persons at one process; here it is entered, and it is agreed to as any other
(`process_acts`). No key passes here: what is shown of one is its id.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from konbini.process.clock import Clock
from konbini.process.config import ConfigRefused
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.shape import Line, from_bytes
from konbini.ward_server.console.act import MOST_REASON, Act, Called, Field, Misread, Preview, Row, waits_as
from konbini.ward_server.console.decision_contents import CONTENT_FIELDS, content_rows, read_content
from konbini.ward_server.console.forms import choice, line
from konbini.ward_server.console.lines import Lines, Process
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.settings_diff import count, difference
from konbini.ward_server.console.steering_contents import lists_text
from konbini.ward_server.console.writing import written_moment
from konbini.ward_server.decisions.calls import entering
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.keeping.key_lists import KeyList, ListsSeen
from konbini.ward_server.settings.kept.changing import new_settings
from konbini.ward_server.settings.kept.versions import short
from konbini.ward_server.settings.reading import settings_of_text
from konbini.ward_server.settings.settings import Settings

__all__ = ["Steering", "steering_acts"]

_ENTERS: Final = frozenset({Role.SUPERVISION, Role.MAINTENANCE})
_HAVE_SETTINGS: Final = (Process.ISSUING.value, Process.CLERK.value, Process.REGISTRY.value)
_HAVE_KEYS: Final = (Process.ISSUING.value, Process.REGISTRY.value)
_MILLISECONDS: Final = 1000
_LINE: Final = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steer:
    """What is to be decided at a process."""

    process: Line
    decision: Decision


def steering_acts(steering: Steering) -> tuple[Act[Any], ...]:
    """Give the acts."""
    return (
        _act(
            "change-settings",
            DecisionKind.SETTINGS_CHANGED,
            _HAVE_SETTINGS,
            steering,
            read=steering.read_settings,
            begins=steering.text_in_force,
        ),
        _act("rotate-keys", DecisionKind.KEYS_ROTATED, _HAVE_KEYS, steering, begins=steering.lists_in_files),
        _act("renew-message-keys", DecisionKind.MESSAGE_KEYS_RENEWED, (Process.ISSUING.value,), steering),
    )


def _act(  # noqa: PLR0913 - what differs from one to the next, named
    name: str,
    kind: DecisionKind,
    places: tuple[str, ...],
    steering: Steering,
    *,
    read: Any = None,  # noqa: ANN401 - as `Act.read`, of this module's own argument
    begins: Any = None,  # noqa: ANN401 - as `Act.begins`
) -> Act[Any]:
    return Act(
        name=name,
        group="steering",
        may=_ENTERS,
        fields=(Field(name="process", kind="place", choices=places), *CONTENT_FIELDS.get(kind, ())),
        read=read or partial(_read, kind=kind),
        preview=steering.preview,
        call=steering.enter,
        begins=begins,
    )


class Steering:
    """Reads how a process stands, and what such a decision would change.

    Args:
        lines: to the processes.
        municipality: whose settings they must be.
        clock: says for which day fees and hours are shown.
    """

    def __init__(self, lines: Lines, municipality: str, clock: Clock) -> None:
        self._lines = lines
        self._municipality = municipality
        self._clock = clock

    def read_settings(self, form: Mapping[str, str]) -> _Steer:
        """Read what was typed with the processes' own reader, so that nobody signs what they would refuse.

        Raises:
            Misread: naming entry, reason and line.
        """
        asked = _read(form, kind=DecisionKind.SETTINGS_CHANGED)
        text = new_settings(asked.decision).text
        try:
            settings_of_text(text, self._municipality)
        except ConfigRefused as refused:
            raise _misread(text, str(refused)) from refused
        return asked

    async def text_in_force(self, operator: str, known: Mapping[str, str]) -> Mapping[str, str]:
        """Begin with the settings in force."""
        found = await self._lines.settings(choice(known, "process", Process), operator).text()
        return {"settings_text": found.text, "instead_of": found.version.digest.hex()}

    async def lists_in_files(self, operator: str, known: Mapping[str, str]) -> Mapping[str, str]:
        """Begin with what the key files hold now."""
        found = await self._lines.keys(choice(known, "process", Process), operator).keys()
        return {"lists": lists_text(found.seen())}

    async def preview(self, operator: str, asked: _Steer) -> Preview:
        """Show how it stands and what would change; other settings by their digest too."""
        preview = await self.shown(operator, Process(asked.process), asked.decision)
        if asked.decision.kind is not DecisionKind.SETTINGS_CHANGED:
            return preview
        return replace(preview, after=(*content_rows(asked.decision), *preview.after))

    async def enter(self, operator: str, asked: _Steer) -> Called:
        """Say which call enters the decision."""
        return Called(process=Process(asked.process), call=entering(operator, asked.decision), told=waits_as)

    async def shown(self, operator: str, process: Process, decision: Decision) -> Preview:
        """Show what a decision would change; nothing of one that is not of these.

        Raises:
            Refused: `CHANGED_MEANWHILE`: it was made upon what is not there any more.
        """
        match decision.kind:
            case DecisionKind.SETTINGS_CHANGED:
                return await self._settings(operator, process, decision)
            case DecisionKind.KEYS_ROTATED:
                return await self._keys(operator, process, decision)
            case DecisionKind.MESSAGE_KEYS_RENEWED:
                return await self._keys_of_visits(operator)
            case _:
                return Preview()

    async def _settings(self, operator: str, process: Process, decision: Decision) -> Preview:
        asked, found = new_settings(decision), await self._lines.settings(process, operator).text()
        if found.version.digest != asked.instead_of:
            raise Refused(Code.CHANGED_MEANWHILE, "other settings are in force")
        lines = difference(found.text, asked.text)
        return Preview(
            before=(
                Row(word="row.process", value=f"choice.{process.value}"),
                Row(word="row.settings_version", value=str(found.version.number)),
                Row(word="row.settings_digest", value=short(found.version.digest)),
                *self._today(settings_of_text(found.text, self._municipality)),
            ),
            after=(
                Row(word="row.lines_added", value=str(count(lines, "added"))),
                Row(word="row.lines_removed", value=str(count(lines, "removed"))),
                *self._today(settings_of_text(asked.text, self._municipality)),
            ),
            lines=lines,
        )

    def _today(self, settings: Settings) -> tuple[Row, ...]:
        """Give each kind's fee and hours of today: what a change of this very day does."""
        day = dt.datetime.fromtimestamp(self._clock.now() / _MILLISECONDS, JAPAN).date()
        return tuple(Row(word=f"kind.{kind.name.lower()}", value=_fee(settings, kind, day)) for kind in CertificateKind)

    async def _keys(self, operator: str, process: Process, decision: Decision) -> Preview:
        found, seen = await self._lines.keys(process, operator).keys(), from_bytes(ListsSeen, decision.content)
        if found.seen() != seen:
            raise Refused(Code.CHANGED_MEANWHILE, "other files")
        for one in found.lists:
            _check_list(one)
        return Preview(
            before=(
                Row(word="row.process", value=f"choice.{process.value}"),
                *(row for one in found.lists for row in _wraps_now(one)),
            ),
            after=tuple(row for one in found.lists for row in _wraps_then(one)),
        )

    async def _keys_of_visits(self, operator: str) -> Preview:
        found = await self._lines.accounts(operator).keys_of_visits()
        return Preview(
            before=(
                Row(word="row.process", value=f"choice.{Process.ISSUING.value}"),
                Row(word="row.message_key_ends", value=written_moment(found.ends * _MILLISECONDS)),
                Row(word="row.prekeys", value=str(found.prekeys)),
                Row(word="row.open_visits", value=str(found.visits)),
            ),
            after=(
                Row(word="row.visits_end", value=str(found.visits)),
                Row(word="row.orders_go_on", value="state.yes"),
                Row(word="row.receipts_go_on", value="state.yes"),
            ),
        )


def _fee(settings: Settings, kind: CertificateKind, day: dt.date) -> str:
    try:
        terms = settings.terms(day).of(kind)
    except Refused:
        return "settings.not_offered"
    span = settings.hours_of(kind, day)
    hours = "" if span is None else f" · {_clock(span.opens)}–{_clock(span.closes)}"
    return f"¥{terms.yen:,}{hours or ' · –'}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _check_list(one: KeyList) -> None:
    """Refuse a list before anybody signs that it is taken.

    Raises:
        Misread: its files cannot be read, or lack a key that still wraps something.
    """
    if not one.in_files:
        raise Misread("settings.files_unreadable", one.name)
    if one.lacks:
        raise Misread("settings.files_lack", f"{one.name}: {' '.join(sorted(key_id.hex() for key_id in one.lacks))}")


def _wraps_now(one: KeyList) -> tuple[Row, ...]:
    counts = (Row(word="row.data_keys", value=f"{found.key_id.hex()} · {found.count:,}") for found in one.counts)
    return (
        Row(word="row.key_list", value=f"key_list.{one.name}"),
        Row(word="row.wraps_now", value=one.in_use[0].hex()),
        *counts,
    )


def _wraps_then(one: KeyList) -> tuple[Row, ...]:
    first = one.in_files[0]
    stale = sum(found.count for found in one.counts if found.key_id != first)
    return (
        Row(word="row.key_list", value=f"key_list.{one.name}"),
        Row(word="row.wraps_then", value=first.hex()),
        Row(word="row.to_wrap", value=f"{stale:,}"),
    )


def _read(form: Mapping[str, str], *, kind: DecisionKind) -> _Steer:
    decision = Decision(kind=kind, reason=line(form, "reason", most=MOST_REASON), content=read_content(form, kind))
    return _Steer(process=choice(form, "process", Process).value, decision=decision)


def _misread(text: str, detail: str) -> Misread:
    """Say what is wrong with a text, and what stands in the line that the reader names."""
    lines, named = text.split("\n"), _LINE.search(detail)
    number = 0 if named is None else int(named[1])
    return Misread("settings.misread", detail, f"{number}: {lines[number - 1]}" if 0 < number <= len(lines) else "")

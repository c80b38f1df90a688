"""What decisions that steer a process hold: the whole text of settings, or the lists of keys that were seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import from_bytes
from konbini.ward_server.console.act import Field, Row
from konbini.ward_server.console.forms import line
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.keeping.key_lists import ListedIds, ListsSeen
from konbini.ward_server.settings.kept.changing import NewSettings, new_settings
from konbini.ward_server.settings.kept.versions import digest_of, short
from konbini.ward_server.settings.reading import MOST_SETTINGS_BYTES

__all__ = ["STEERING_FIELDS", "lists_text", "steering_content", "steering_rows"]

_DIGEST_BYTES: Final = 32
_MOST_LISTS: Final = 900
_TEXT_ROWS: Final = 26

STEERING_FIELDS: Final[Mapping[DecisionKind, tuple[Field, ...]]] = {
    DecisionKind.SETTINGS_CHANGED: (
        Field(name="settings_text", kind="area", most=MOST_SETTINGS_BYTES, rows=_TEXT_ROWS),
        Field(name="instead_of", kind="hidden"),
    ),
    DecisionKind.KEYS_ROTATED: (Field(name="lists", kind="hidden"),),
}


def steering_content(form: Mapping[str, str], kind: DecisionKind) -> object:
    """Read what such a decision holds.

    Raises:
        Refused: `CHANGE_INVALID`, naming the field.
    """
    match kind:
        case DecisionKind.SETTINGS_CHANGED:
            return NewSettings(instead_of=_hex(form, "instead_of", _DIGEST_BYTES), text=_whole_text(form))
        case DecisionKind.KEYS_ROTATED:
            return _lists(form)
        case _:
            raise Refused(Code.CHANGE_INVALID, "a decision without a form")


def steering_rows(decision: Decision) -> tuple[Row, ...]:
    """Say what such a decision holds, in short; nothing of any other."""
    match decision.kind:
        case DecisionKind.SETTINGS_CHANGED:
            return (Row(word="row.settings_digest", value=short(digest_of(new_settings(decision).text))),)
        case DecisionKind.KEYS_ROTATED:
            return (Row(word="row.wraps_then", value=_first_ids(from_bytes(ListsSeen, decision.content))),)
        case _:
            return ()


def lists_text(seen: ListsSeen) -> str:
    """Write lists of ids as a form carries them."""
    return ";".join(f"{one.name}={' '.join(key_id.hex() for key_id in one.ids)}" for one in seen.lists)


def _lists(form: Mapping[str, str]) -> ListsSeen:
    parts = [part.partition("=") for part in line(form, "lists", most=_MOST_LISTS).split(";")]
    try:
        return ListsSeen(
            lists=tuple(ListedIds(name=name, ids=tuple(map(bytes.fromhex, ids.split()))) for name, _, ids in parts)
        )
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, "field lists") from error


def _first_ids(seen: ListsSeen) -> str:
    return ", ".join(f"{one.name} · {one.ids[0].hex() if one.ids else '–'}" for one in seen.lists)


def _whole_text(form: Mapping[str, str]) -> str:
    """Give a text of lines as it was typed: a browser ends each with two marks, and files with one."""
    text = form.get("settings_text", "").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    if len(text.encode(errors="replace")) > MOST_SETTINGS_BYTES:
        raise Refused(Code.CHANGE_INVALID, "field settings_text")
    return text


def _hex(form: Mapping[str, str], name: str, size: int) -> bytes:
    try:
        found = bytes.fromhex(line(form, name))
    except ValueError as error:
        raise Refused(Code.CHANGE_INVALID, f"field {name}") from error
    if len(found) != size:
        raise Refused(Code.CHANGE_INVALID, f"field {name}")
    return found

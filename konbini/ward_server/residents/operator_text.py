"""What operators are shown, as lines of text: a look-up, a history, figures."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator

from konbini.protocol.japan import JAPAN
from konbini.ward_server.residents.archive import Happened, History, Past
from konbini.ward_server.residents.figures import LEAST_SHOWN, Figure, Figures
from konbini.ward_server.residents.record import unchecked_record
from konbini.ward_server.residents.record_text import write_record
from konbini.ward_server.residents.registry import Found
from konbini.ward_server.residents.seal import unchecked_seal
from konbini.ward_server.residents.store import StoredLink, StoredRestriction
from konbini.ward_server.residents.text_form import to_object

__all__ = ["figures_csv", "figures_json", "figures_lines", "found_lines", "history_lines", "past_lines"]


def found_lines(found: Found) -> Iterator[str]:
    """Give the record, what is kept beyond it, then a line for each card, measure and hold, and for the seal."""
    yield write_record(unchecked_record(found.record))
    yield f"kept, version {found.entry_version}: {json.dumps(to_object(found.entry), ensure_ascii=False)}"
    yield from map(_link, found.links)
    yield from map(_restriction, found.restrictions)
    yield from _seal(found.seal)


def _seal(signed: bytes | None) -> Iterator[str]:
    if signed is None:
        return
    seal = unchecked_seal(signed)
    state = f"registered {seal.registered}, {seal.form.name.lower()} {seal.text}" if seal.in_force else "cancelled"
    yield f"seal {seal.number}, version {seal.version}: {state}, picture {seal.image_digest.hex()}"


def history_lines(history: History) -> Iterator[str]:
    """Give a line for each change, oldest first, and one where older ones are left out."""
    if history.is_cut:
        yield "(older changes are not shown)"
    for one in history.happened:
        yield (
            f"{one.effective}  {one.kind.name.lower()}{_written(one)}  on {one.source} ({one.basis.name.lower()})"
            f"  entered by {one.entered_by} {_moment(one.entered_at)}, approved by {one.approved_by}"
            f" {_moment(one.approved_at)}  {one.change_id}" + (f", corrects {one.corrects}" if one.corrects else "")
        )


def past_lines(past: Past) -> Iterator[str]:
    """Give the record as it read, then what was kept beside it."""
    yield write_record(unchecked_record(past.record))
    beside = {name: value for name, value in to_object(past).items() if name != "record"}
    yield f"kept beside it: {json.dumps(beside, ensure_ascii=False)}"


def figures_lines(figures: Figures) -> Iterator[str]:
    """Give the figures for people."""
    for section, parts in _sections(figures).items():
        yield f"{section}, {figures.month if section == 'changes' else figures.day}"
        for one in parts:
            yield f"  {one.name}  {f'under {LEAST_SHOWN}, or withheld' if one.count is None else one.count}"


def figures_json(figures: Figures) -> str:
    """Give the figures as one JSON object; null is withheld."""
    sections = {section: {one.name: one.count for one in parts} for section, parts in _sections(figures).items()}
    return json.dumps({"month": figures.month, "day": figures.day, **sections}, ensure_ascii=False)


def figures_csv(figures: Figures) -> str:
    """Give the figures as rows of section, name and count; an empty count is withheld."""
    sheet = io.StringIO()
    rows = csv.writer(sheet, lineterminator="\n")
    rows.writerow(("section", "name", "count"))
    for section, parts in _sections(figures).items():
        rows.writerows((section, one.name, "" if one.count is None else one.count) for one in parts)
    return sheet.getvalue().rstrip("\n")


def _sections(figures: Figures) -> dict[str, tuple[Figure, ...]]:
    return {
        "standing": figures.standing,
        "ages": figures.ages,
        "districts": figures.districts,
        "changes": figures.changes,
    }


def _link(link: StoredLink) -> str:
    state = f"counts from {link.counts_from}"
    if link.valid_until is not None:
        state += f" to {link.valid_until}"
    if link.withheld is not None:
        state = f"withheld: {link.withheld.name.lower()}"
    if link.ended:
        state = "ended"
    carrier = link.carrier.name.lower()
    return f"card {link.card.issuer_key_id.hex()} {link.card.serial.hex()} ({carrier}), version {link.version}: {state}"


def _restriction(one: StoredRestriction) -> str:
    state = "in force" if one.in_force else f"released {one.ended or ''}".rstrip()
    about = f", {one.category.name.lower()}" if one.category else ""
    return (
        f"{one.kind.name.lower()} {one.name}, version {one.version}: {state}{about},"
        f" since {one.begun or 'before the register'}, planned end {one.planned_end or 'none'}"
    )


def _written(one: Happened) -> str:
    return f" (record version {one.version})" if one.version else ""


def _moment(milliseconds: int) -> str:
    return dt.datetime.fromtimestamp(milliseconds // 1000, JAPAN).strftime("%Y-%m-%d %H:%M:%S")

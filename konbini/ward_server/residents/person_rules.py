"""The rules of a person's own items: names, domicile, status of residence, numbers, 改製; each kind changes its own.

Source: 住民基本台帳法 Articles 7 and 30-45; 同施行令 Articles 8-2 (国籍の取得又は喪失), 30-13 to 30-17 (旧氏、通称);
番号法 Article 7.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import (
    AliasWritten,
    DomicileChanged,
    FormerNameWritten,
    LeavingPlanned,
    NameChanged,
    NameRegistration,
    NationalityLost,
    Naturalised,
    NewIndividualNumber,
    NewResidentCode,
    Remade,
    ResidenceStatus,
)
from konbini.ward_server.residents.card_rules import ends_with_number
from konbini.ward_server.residents.changes import Change, ChangeKind
from konbini.ward_server.residents.effect import Effect, RecordEffect, compare
from konbini.ward_server.residents.entry import AliasPeriod, RegisterEntry
from konbini.ward_server.residents.household_rules import heads_follow
from konbini.ward_server.residents.record import IndividualNumberPart, ResidentRecord
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.written_rules import check_number

__all__ = ["PersonalBody", "amended"]

PersonalBody = (
    LeavingPlanned
    | NameRegistration
    | NameChanged
    | DomicileChanged
    | FormerNameWritten
    | AliasWritten
    | ResidenceStatus
    | Naturalised
    | NationalityLost
    | NewResidentCode
    | NewIndividualNumber
    | Remade
)
"""The bodies that are judged here."""


def amended(standing: Standing, change: Change, body: PersonalBody) -> tuple[Effect, ...]:
    """Judge a change of one person's items against the record in force.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`, `CHANGE_INVALID`.
    """
    current = standing.present(change.resident)
    compare(current.version, change.seen)
    if isinstance(body, NewResidentCode | NewIndividualNumber):
        return _renumbered(standing, current, body)
    _, entry = standing.entry(change.resident)
    after, others = heads_follow(standing, current, _amend(change.kind, body, current, entry))
    record = RecordEffect(record=replace(after, version=current.version + 1), individual_number=None)
    kept = standing.amended(change.resident, lambda entry: _kept(change, body, current, entry))
    return (record, *others, *kept)


def _amend(kind: ChangeKind, body: PersonalBody, current: ResidentRecord, entry: RegisterEntry) -> ResidentRecord:
    match body:
        case LeavingPlanned() | NameRegistration() | Remade():
            return _marked(body, current)
        case NameChanged():
            return _differs(current, replace(current, name=body.name, reading=body.reading))
        case DomicileChanged():
            _check(current.foreign is None, "a foreign resident has no registered domicile")
            return _differs(current, replace(current, domicile=body.domicile, domicile_head=body.domicile_head))
        case ResidenceStatus():
            _check(current.foreign is not None, "a status of residence is a foreign resident's")
            stands = (current.foreign, entry.katakana) == (body.items, body.katakana)
            _check(not stands, "it reads so already")  # what is kept beside a record changes with a version of it
            return replace(current, foreign=body.items)
        case Naturalised() | NationalityLost():
            return _of_another_nationality(body, current)
    return _with_other_name(kind, body, current)


def _of_another_nationality(body: Naturalised | NationalityLost, current: ResidentRecord) -> ResidentRecord:
    """Write the record as the other nationality has it: what one of them alone has ends, or begins."""
    named = replace(current, name=body.name, reading=body.reading)
    if isinstance(body, Naturalised):
        _check(current.foreign is not None, "only a foreign resident becomes Japanese")
        _check(bool(body.domicile and body.domicile_head), "a Japanese national has a registered domicile")
        japanese = replace(named, domicile=body.domicile, domicile_head=body.domicile_head)
        return replace(japanese, foreign=None, alias=None)
    _check(current.foreign is None, "only a Japanese national loses that nationality")
    foreign = replace(named, foreign=body.items, domicile=None, domicile_head=None)
    return replace(foreign, former_name=None, former_name_reading=None)


def _marked(body: LeavingPlanned | NameRegistration | Remade, current: ResidentRecord) -> ResidentRecord:
    match body:
        case LeavingPlanned():
            return replace(current, leaving=body.day)
        case NameRegistration():
            return replace(current, name_in_registration=body.pending)
        case Remade():
            return replace(current, remarks=body.remarks)


def _with_other_name(kind: ChangeKind, body: PersonalBody, current: ResidentRecord) -> ResidentRecord:
    """Write a name that stands beside 氏名: 旧氏 of a Japanese national, 通称 of a foreign resident."""
    match body:
        case FormerNameWritten():
            _check(current.foreign is None, "a foreign resident has no former name")
            _check_step(kind, current.former_name, body.former_name, body.reading)
            return replace(current, former_name=body.former_name, former_name_reading=body.reading)
        case AliasWritten():
            _check(current.foreign is not None, "an alias is a foreign resident's")
            _check_step(kind, current.alias, body.alias, body.reading)
            return replace(current, alias=body.alias)
    raise Refused(Code.CHANGE_INVALID, f"{kind.name} is judged elsewhere")


def _check(holds: bool, why: str) -> None:  # noqa: FBT001 - the condition itself
    if not holds:
        raise Refused(Code.CHANGE_INVALID, why)


def _differs(before: ResidentRecord, after: ResidentRecord) -> ResidentRecord:
    _check(before != after, "it reads so already")
    return after


_ENTERS = frozenset({ChangeKind.FORMER_NAME_ENTERED, ChangeKind.ALIAS_ENTERED})
_REMOVES = frozenset({ChangeKind.FORMER_NAME_REMOVED, ChangeKind.ALIAS_REMOVED})


def _check_step(kind: ChangeKind, before: str | None, after: str | None, reading: str | None) -> None:
    """Entered where there was none, changed into another, removed where there was one, with its reading."""
    _check((after is None) == (reading is None), "a name comes with its reading")
    _check((before is None) == (kind in _ENTERS), f"{kind.name} does not follow from how the record stands")
    _check((after is None) == (kind in _REMOVES) and after != before, f"{kind.name} with another's name")


def _kept(change: Change, body: PersonalBody, before: ResidentRecord, entry: RegisterEntry) -> RegisterEntry:
    match body:
        case LeavingPlanned():
            return replace(entry, leaving_to=None if body.day is None else body.to)
        case NameChanged():
            return _with_name_before(body, before, entry)
        case ResidenceStatus() | Naturalised() | NationalityLost():
            return _kept_of_nationality(change, body, before, entry)
        case AliasWritten():
            aliases = _alias_history(change, body, body.municipality, before, entry)
            return replace(entry, aliases=aliases, alias_reading=body.reading)
        case Remade():
            return replace(entry, remade=entry.remade + 1, remade_on=change.effective)
    return entry


def _kept_of_nationality(
    change: Change,
    body: ResidenceStatus | Naturalised | NationalityLost,
    before: ResidentRecord,
    entry: RegisterEntry,
) -> RegisterEntry:
    """Give an entry as the other nationality, or the same with other items, has it."""
    if isinstance(body, ResidenceStatus):
        return replace(entry, katakana=body.katakana)
    entry = _with_name_before(body, before, entry)
    if isinstance(body, NationalityLost):
        return replace(entry, katakana=body.katakana)
    aliases = _alias_history(change, None, body.municipality, before, entry)
    return replace(entry, aliases=aliases, foreign=None, alias_reading=None, katakana=None)


def _with_name_before(
    body: NameChanged | Naturalised | NationalityLost, before: ResidentRecord, entry: RegisterEntry
) -> RegisterEntry:
    if (body.name, body.reading) == (before.name, before.reading):
        return entry
    return replace(entry, name_before=before.name, name_before_reading=before.reading)


def _alias_history(
    change: Change, begins: AliasWritten | None, municipality: str, before: ResidentRecord, entry: RegisterEntry
) -> tuple[AliasPeriod, ...]:
    """Close the line of the alias that ends, and open one for the alias that begins."""
    lines = list(entry.aliases)
    if before.alias is not None:
        if not lines or lines[-1].removed_on is not None:  # taken over without its history
            lines.append(_line(before.alias, entry.alias_reading, before.became_resident or change.effective, ""))
        lines[-1] = replace(lines[-1], removed_on=change.effective, removed_at=municipality)
    if begins is not None and begins.alias is not None:
        lines.append(_line(begins.alias, begins.reading, change.effective, municipality))
    return tuple(lines)


def _line(alias: str, reading: str | None, day: int, municipality: str) -> AliasPeriod:
    return AliasPeriod(alias=alias, reading=reading or "", entered_on=day, entered_at=municipality)


def _renumbered(
    standing: Standing, current: ResidentRecord, body: NewResidentCode | NewIndividualNumber
) -> tuple[Effect, ...]:
    """Change a number; the card that shows or holds the old one is taken back, so its serials end with it."""
    following = replace(current, version=current.version + 1)
    number = None
    if isinstance(body, NewResidentCode):
        _check(body.resident_code.isascii() and body.resident_code.isdigit(), "a resident code has eleven digits")
        _check(body.resident_code != current.resident_code, "it reads so already")
        following = replace(following, resident_code=body.resident_code)
    else:
        number = body.individual_number
        _check(number is not None and body.commitment is None, "an individual number is given by its twelve digits")
        check_number(number)
        _check(number != _number_of(standing, current), "it reads so already")
    record = RecordEffect(record=following, individual_number=number)
    return (record, *ends_with_number(standing, current.resident))


def _number_of(standing: Standing, record: ResidentRecord) -> str | None:
    if record.individual_number is None:
        return None
    data = standing.reading.number_part(record.resident, record.individual_number)
    return None if data is None else IndividualNumberPart.open(data, record).number

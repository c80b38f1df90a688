"""住民票の写し, household form (世帯連記式): the facts that it prints of one household's records.

Source: 住民基本台帳法 Articles 7, 12 and 30-45. An item that was not asked for prints as omitted (省略), one that the
person does not have as unused (＊＊＊); 住所を定めた年月日 equal to 住民となった年月日 is left blank. The alias
(通称) of a foreign resident is never omitted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from konbini.pdf.era import in_era
from konbini.pdf.facts import Cell, CertificateFacts, ForeignItems, JapaneseItems, Mark, PersonFacts
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Options, Scope
from konbini.ward_server.residents.dates import to_day
from konbini.ward_server.residents.record import ForeignCategory, IndividualNumberPart, ResidentRecord, Sex
from konbini.ward_server.residents.seal import SealRegistration

__all__ = ["Particulars", "Subject", "address_of", "birth_of", "cell_of", "moment_of", "statement"]

_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_SEX: Final[dict[Sex, Cell]] = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.NOT_STATED: Mark.UNUSED}
_CATEGORY = {
    ForeignCategory.MEDIUM_TO_LONG_TERM: "中長期在留者",
    ForeignCategory.SPECIAL_PERMANENT: "特別永住者",
    ForeignCategory.TEMPORARY_REFUGE: "一時庇護許可者",
    ForeignCategory.PROVISIONAL_STAY: "仮滞在許可者",
    ForeignCategory.TRANSITIONAL_BY_BIRTH: "出生による経過滞在者",
    ForeignCategory.TRANSITIONAL_BY_LOSS: "国籍喪失による経過滞在者",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One person whom the paper shows: the record; the individual number and the seal where the paper has them."""

    record: ResidentRecord
    individual_number: IndividualNumberPart | None = None
    seal: SealRegistration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What the paper says beside its subjects.

    Attributes:
        number: the issuance number.
        form: id of the template in force.
        issued_on: the certifying date, in Japan.
        scope: 本人, 世帯の一部 or 世帯全員.
        options: what was asked to be shown.
        as_of: in outage mode, as of when the records are, in Japan; each 備考 says so.
    """

    number: str
    form: str
    issued_on: dt.date
    scope: Scope
    options: Options
    as_of: dt.datetime | None = None


def statement(subjects: Sequence[Subject], particulars: Particulars) -> CertificateFacts:
    """Give the facts to print of these people, who stand in the order of the household (記載順位).

    Raises:
        Refused: `FORM_OVERFLOW`: nobody, people of several households or addresses, or text that is not printable.
    """
    records = [subject.record for subject in subjects]
    if not records or len({(record.household, address_of(record), record.head) for record in records}) != 1:
        raise Refused(Code.FORM_OVERFLOW, "the subjects are not one household at one address")
    try:
        return CertificateFacts(
            number=particulars.number,
            form=particulars.form,
            issued_on=particulars.issued_on,
            scope=particulars.scope,
            address=address_of(records[0]),
            head=_shown(records[0].head, asked=Options.HEAD_AND_RELATIONSHIP in particulars.options),
            people=tuple(_person(subject, particulars) for subject in subjects),
        )
    except ValueError as error:
        raise Refused(Code.FORM_OVERFLOW, "a cell of the record is not printable") from error


def _person(subject: Subject, particulars: Particulars) -> PersonFacts:
    record, options = subject.record, particulars.options
    return PersonFacts(
        name_reading=cell_of(record.reading),
        name=record.name,
        individual_number=_individual_number(subject, options),
        resident_code=_shown(record.resident_code, asked=Options.RESIDENT_CODE in options),
        former_name_reading=cell_of(record.former_name_reading),
        former_name=cell_of(record.former_name),
        settled_on=_settled(record),
        notified_on=_date(record.notified),
        birth_date=birth_of(record.birth),
        sex=_SEX[record.sex],
        relationship=_shown(record.relationship, asked=Options.HEAD_AND_RELATIONSHIP in options),
        previous_address=cell_of(record.previous_address),
        earlier_address=_shown(record.earlier_address, asked=Options.EARLIER_ADDRESS in options),
        remarks=cell_of(_remarks(record, particulars.as_of)),
        items=_japanese(record, options) if record.foreign is None else _foreign(record, options),
    )


def _japanese(record: ResidentRecord, options: Options) -> JapaneseItems:
    asked = Options.DOMICILE in options
    return JapaneseItems(
        became_resident_on=_date(record.became_resident),
        register_head=_shown(record.domicile_head, asked=asked),
        registered_domicile=_shown(record.domicile, asked=asked),
    )


def _foreign(record: ResidentRecord, options: Options) -> ForeignItems:
    items = record.foreign
    if items is None:
        raise ValueError("not a foreign resident")
    asked = Options.FOREIGN_ITEMS in options
    return ForeignItems(
        became_resident_on=_date(items.became_foreign_resident),
        alias=cell_of(record.alias),
        nationality=_shown(items.nationality, asked=asked),
        category=_shown(_CATEGORY[items.category], asked=asked),
        residence_status=_shown(items.status_of_residence, asked=asked),
        residence_period=_shown(items.period_of_stay, asked=asked),
        period_ends_on=_date(items.period_ends) if asked else Mark.OMITTED,
        card_number=_shown(items.residence_card, asked=asked),
    )


def _individual_number(subject: Subject, options: Options) -> Cell:
    if Options.INDIVIDUAL_NUMBER not in options:
        return Mark.OMITTED
    if subject.individual_number is None:
        if subject.record.individual_number is not None:
            raise Refused(Code.EVIDENCE_MISMATCH, "an individual number was asked for and not handed in")
        return Mark.UNUSED
    return subject.individual_number.number


def _remarks(record: ResidentRecord, as_of: dt.datetime | None) -> str:
    if as_of is None:
        return record.remarks
    moment = moment_of(as_of)
    return f"{record.remarks}　{moment}" if record.remarks else moment


def moment_of(as_of: dt.datetime) -> str:
    """Say as of when a paper's facts are (時点), in outage mode."""
    return f"{in_era(as_of.date())}{as_of.hour}時{as_of.minute}分時点".translate(_FULL_WIDTH)


def address_of(record: ResidentRecord) -> str:
    """Give the address (住所) with its building (方書)."""
    return record.address if record.address_detail is None else f"{record.address}　{record.address_detail}"


def _settled(record: ResidentRecord) -> Cell:
    return Mark.BLANK if record.address_set == record.became_resident else _date(record.address_set)


def _shown(text: str | None, *, asked: bool) -> Cell:
    return cell_of(text) if asked else Mark.OMITTED


def cell_of(text: str | None) -> Cell:
    """Give a text, or the mark of an item that the person does not have."""
    return text or Mark.UNUSED


def _date(number: int | None) -> Cell:
    return Mark.UNUSED if number is None else in_era(to_day(number))


def birth_of(number: int) -> str:
    """Give a birth date in its era.

    Raises:
        Refused: `FORM_OVERFLOW`: it is unknown in part; it is written out by hand at a counter, never guessed here.
    """
    if number % 100 == 0:
        raise Refused(Code.FORM_OVERFLOW, "a birth date that is unknown in part")
    return in_era(to_day(number))

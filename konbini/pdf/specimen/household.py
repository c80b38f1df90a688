"""A made-up household of the made-up ward: what specimens, the manual's picture and tests print.

It shows what a form must cope with: two variants of one character told apart by a variation selector (葛), one of the
second plane (𠮷), a former name (旧氏), a mark of each kind, a long address, a foreign resident with a long name.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from konbini.pdf.facts import Cell, CertificateFacts, ForeignItems, JapaneseItems, Mark, PersonFacts
from konbini.protocol.kinds import Scope

__all__ = ["FORM", "PEOPLE", "specimen_facts"]

FORM: Final = "sumikawa.resident-record.household.2025"
_HEAD: Final = "葛\U000e0102西　太郎"
_DOMICILE: Final = "東京都澄川区澄川本町一丁目２番地３"
_PREVIOUS: Final = "埼玉県武蔵原市桜沢三丁目４番５号　メゾン桜沢２０３号室"
_LONG: Final = (
    "埼玉県武蔵原市大字上桜沢字中谷戸１２３４番地の５６　グランドパークレジデンス桜沢イーストタワー２３０５号室"
)


def _japanese(name: str, reading: str, birth_date: str, sex: str, relationship: str, **other: Cell) -> PersonFacts:
    cells: dict[str, Cell] = {
        "individual_number": Mark.OMITTED,
        "resident_code": Mark.OMITTED,
        "former_name_reading": Mark.UNUSED,
        "former_name": Mark.UNUSED,
        "settled_on": "令和３年４月１日",
        "notified_on": "令和３年４月５日",
        "previous_address": _PREVIOUS,
        "earlier_address": Mark.OMITTED,
        "remarks": Mark.UNUSED,
    }
    items = JapaneseItems(became_resident_on="平成２２年１０月１日", register_head=_HEAD, registered_domicile=_DOMICILE)
    cells |= other
    return PersonFacts(
        name=name,
        name_reading=reading,
        birth_date=birth_date,
        sex=sex,
        relationship=relationship,
        items=items,
        **cells,
    )


_FOREIGN: Final = PersonFacts(
    name_reading=Mark.UNUSED,
    name="ALEXANDROPOULOS CHRISTOPHER WOLFGANG MAXIMILIAN BARTHOLOMEW",
    individual_number="123456789018",
    resident_code=Mark.OMITTED,
    former_name_reading=Mark.UNUSED,
    former_name=Mark.UNUSED,
    settled_on="令和３年４月１日",
    notified_on="令和３年４月５日",
    birth_date="１９９９年１２月３１日",
    sex="男",
    relationship="同居人",
    previous_address=_LONG,
    earlier_address=Mark.OMITTED,
    remarks=Mark.UNUSED,
    items=ForeignItems(
        became_resident_on="平成２４年７月９日",
        alias="有明　翔",
        nationality="ギリシャ",
        category="中長期在留者",
        residence_status="技術・人文知識・国際業務",
        residence_period="５年",
        period_ends_on="令和９年３月３１日",
        card_number="AB12345678CD",
    ),
)

PEOPLE: Final[tuple[PersonFacts, ...]] = (
    _japanese(_HEAD, "カサイ　タロウ", "昭和６０年１２月３１日", "男", "世帯主"),
    _japanese(
        "葛\U000e0102西　葛\U000e0103乃",
        *("カサイ　カズラノ", "昭和６３年２月２９日", "女", "妻"),
        former_name="邉\U000e0118野",
        former_name_reading="ナベノ",
        settled_on=Mark.BLANK,
    ),
    _japanese(
        "葛\U000e0102西　𠮷次郎",
        *("カサイ　キチジロウ", "平成２６年５月５日", "男", "子"),
        previous_address=Mark.OMITTED,
        remarks="令和７年５月２６日　氏名の振り仮名を職権により記載",
    ),
    _FOREIGN,
)


def specimen_facts(
    *people: PersonFacts, number: str = "131997-251122-10000001-1", form: str = FORM
) -> CertificateFacts:
    """Return the facts of a certificate for some people, or for the whole made-up household."""
    return CertificateFacts(
        number=number,
        form=form,
        issued_on=date(2025, 11, 22),
        scope=Scope.WHOLE,
        address="東京都澄川区朝霧台二丁目３番４－４０５号　コーポ朝霧",
        head=_HEAD,
        people=people or PEOPLE,
    )

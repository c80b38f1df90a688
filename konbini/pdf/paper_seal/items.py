"""The printed items that a page seal can carry: a closed, numbered list, each with its label in two languages.

A number is never used again for something else; a new item gets a new one. Labels are what a verifier shows beside the
value, so that a person can compare it with the paper.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import Final, NamedTuple

__all__ = ["LABELS", "WITHHELD_ITEMS", "Item", "Label"]


@unique
class Item(IntEnum):
    """One printed item."""

    ADDRESS = 1
    HEAD = 2
    NAME = 3
    NAME_READING = 4
    INDIVIDUAL_NUMBER = 5
    RESIDENT_CODE = 6
    FORMER_NAME = 7
    FORMER_NAME_READING = 8
    SETTLED_ON = 9
    NOTIFIED_ON = 10
    BIRTH_DATE = 11
    SEX = 12
    RELATIONSHIP = 13
    PREVIOUS_ADDRESS = 14
    REMARKS = 15
    BECAME_RESIDENT_ON = 16
    REGISTER_HEAD = 17
    REGISTERED_DOMICILE = 18
    BECAME_FOREIGN_RESIDENT_ON = 19
    ALIAS = 20
    NATIONALITY = 21
    CATEGORY = 22
    RESIDENCE_STATUS = 23
    RESIDENCE_PERIOD = 24
    PERIOD_ENDS_ON = 25
    CARD_NUMBER = 26
    SEAL_IMPRINT = 27
    NAME_IN_KATAKANA = 28
    EARLIER_ADDRESS = 29


class Label(NamedTuple):
    """How an item is called."""

    japanese: str
    english: str


LABELS: Final[dict[Item, Label]] = {
    Item.ADDRESS: Label("住所", "Address"),
    Item.HEAD: Label("世帯主", "Head of household"),
    Item.NAME: Label("氏名", "Name"),
    Item.NAME_READING: Label("氏名の振り仮名", "Name, reading"),
    Item.INDIVIDUAL_NUMBER: Label("個人番号", "Individual number"),
    Item.RESIDENT_CODE: Label("住民票コード", "Resident-record code"),
    Item.FORMER_NAME: Label("旧氏", "Former family name"),
    Item.FORMER_NAME_READING: Label("旧氏の振り仮名", "Former family name, reading"),
    Item.SETTLED_ON: Label("住所を定めた年月日", "At this address since"),
    Item.NOTIFIED_ON: Label("届出日", "Notified on"),
    Item.BIRTH_DATE: Label("生年月日", "Date of birth"),
    Item.SEX: Label("性別", "Sex"),
    Item.RELATIONSHIP: Label("続柄", "Relationship to the head"),
    Item.PREVIOUS_ADDRESS: Label("転入前住所", "Address before moving in"),
    Item.REMARKS: Label("備考", "Remarks"),
    Item.BECAME_RESIDENT_ON: Label("住民となった年月日", "Resident since"),
    Item.REGISTER_HEAD: Label("筆頭者", "Head of the family register"),
    Item.REGISTERED_DOMICILE: Label("本籍", "Registered domicile"),
    Item.BECAME_FOREIGN_RESIDENT_ON: Label("外国人住民となった年月日", "Foreign resident since"),
    Item.ALIAS: Label("通称", "Alias"),
    Item.NATIONALITY: Label("国籍・地域", "Nationality or region"),
    Item.CATEGORY: Label("法第30条の45に規定する区分", "Category under Article 30-45"),
    Item.RESIDENCE_STATUS: Label("在留資格", "Status of residence"),
    Item.RESIDENCE_PERIOD: Label("在留期間等", "Period of stay"),
    Item.PERIOD_ENDS_ON: Label("在留期間の満了の日", "Period of stay ends on"),
    Item.CARD_NUMBER: Label("在留カード等の番号", "Residence card number"),
    Item.SEAL_IMPRINT: Label("印影", "Seal imprint"),
    Item.NAME_IN_KATAKANA: Label("氏名のカタカナ表記", "Name in katakana"),
    Item.EARLIER_ADDRESS: Label("異動前住所", "Address before the change"),
}

WITHHELD_ITEMS: Final = frozenset((Item.INDIVIDUAL_NUMBER, Item.RESIDENT_CODE))
"""What may stand on the paper and never in the code: the law forbids spreading these two (番号法 Article 19,
住民基本台帳法 Article 30-38)."""

"""What the record of a foreign resident has beyond the others: status of residence, period of stay, card number."""

from __future__ import annotations

import datetime as dt
import random

from konbini.simulation.town.dates import Since
from konbini.simulation.town.households import Member
from konbini.simulation.town.numbers import residence_card_number
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import ForeignCategory, ForeignItems

__all__ = ["foreign_items"]

_SPECIAL_PERMANENT = {"韓国": 0.35, "台湾": 0.03}
_PERMANENT = "永住者"
# A child born in Japan may stay for sixty days without a status (出入国管理及び難民認定法 Article 22-2).
_DAYS_WITHOUT_STATUS = 60
_DAYS_A_YEAR = 365
_STUDENT_AGES = range(18, 28)
_ADULT = 18
_YEARS_BEFORE_PERMANENCE = 9
_PERMANENT_SHARE = 0.7
_STUDENTS = 0.6
_WORKERS = (
    (50, "技術・人文知識・国際業務", (1, 3, 5)),
    (14, "定住者", (1, 3, 5)),
    (10, "特定技能１号", (1,)),
    (8, "経営・管理", (1, 3)),
    (8, "高度専門職１号ロ", (5,)),
    (6, "技能", (1, 3)),
    (4, "教授", (3, 5)),
)


def foreign_items(  # noqa: PLR0913 - what the items depend on, all named
    chance: random.Random, member: Member, since: Since, ordinal: int, today: dt.date, *, married_to_japanese: bool
) -> ForeignItems:
    """Make the items of one foreign resident.

    Args:
        chance: where the choices come from.
        member: of a nationality.
        since: the member's dates.
        ordinal: the member's place in the town, for the card's number.
        today: no period of stay has ended by then.
        married_to_japanese: gives a status as spouse.
    """
    nationality = member.nationality
    if nationality is None:
        raise ValueError("a Japanese national has no such items")
    category, status, years = _standing(chance, member, since, today, married_to_japanese=married_to_japanese)
    ends = today + dt.timedelta(days=chance.randint(20, years * _DAYS_A_YEAR)) if years else None
    card = "" if category is ForeignCategory.TRANSITIONAL_BY_BIRTH else residence_card_number(ordinal, chance)
    return ForeignItems(
        nationality=nationality.name,
        category=category,
        status_of_residence=status,
        period_of_stay=f"{years}年".translate(str.maketrans("135", "１３５")) if years else "",
        period_ends=to_number(ends) if ends else None,
        residence_card=card,
        became_foreign_resident=to_number(since.became_foreign_resident) if since.became_foreign_resident else None,
    )


def _standing(
    chance: random.Random, member: Member, since: Since, today: dt.date, *, married_to_japanese: bool
) -> tuple[ForeignCategory, str, int]:
    """Choose the category, the status and the years of the period of stay (0: without end)."""
    days = (today - member.birth).days
    if days < _DAYS_WITHOUT_STATUS:
        return ForeignCategory.TRANSITIONAL_BY_BIRTH, "", 0
    nationality = member.nationality.name if member.nationality else ""
    if chance.random() < _SPECIAL_PERMANENT.get(nationality, 0):
        return ForeignCategory.SPECIAL_PERMANENT, "", 0
    status, years = _status(chance, days // _DAYS_A_YEAR, since, today, married_to_japanese=married_to_japanese)
    return ForeignCategory.MEDIUM_TO_LONG_TERM, status, years


def _status(
    chance: random.Random, age: int, since: Since, today: dt.date, *, married_to_japanese: bool
) -> tuple[str, int]:
    if (today - since.became_resident).days // _DAYS_A_YEAR > _YEARS_BEFORE_PERMANENCE:
        if chance.random() < _PERMANENT_SHARE:
            return _PERMANENT, 0
    elif married_to_japanese:
        return "日本人の配偶者等", chance.choice((1, 3, 5))
    if age < _ADULT:
        return "家族滞在", chance.choice((1, 3, 5))
    if age in _STUDENT_AGES and chance.random() < _STUDENTS:
        return "留学", 1
    _, status, years = chance.choices(_WORKERS, weights=[weight for weight, _, _ in _WORKERS])[0]
    return status, chance.choice(years)

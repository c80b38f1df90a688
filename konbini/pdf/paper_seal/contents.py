"""A certificate's facts as its pages' seals carry them: every printed fact of a page, but for what is withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Final

from konbini.pdf.facts import Cell, CertificateFacts, ForeignItems, JapaneseItems, Mark, PersonFacts, PrintedFacts
from konbini.pdf.paper_seal.items import WITHHELD_ITEMS, Item
from konbini.pdf.paper_seal.page_seal import SET_HASH_BYTES, PageSeal, SealedItem
from konbini.pdf.paper_seal.values import IMAGE_DIGEST_BYTES, ItemValue, Withheld
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.numbers import IssuanceNumber

__all__ = ["SealedItems", "page_seals", "record_items", "seal_registration_items"]

SealedItems = tuple[tuple[SealedItem, ...], ...]
"""The items of each page of a certificate."""

_PERSON: Final = {field.name: Item[field.name.upper()] for field in fields(PersonFacts) if field.name != "items"}
_JAPANESE: Final = {field.name: Item[field.name.upper()] for field in fields(JapaneseItems)}
_FOREIGN: Final = {field.name: Item[field.name.upper()] for field in fields(ForeignItems)} | {
    "became_resident_on": Item.BECAME_FOREIGN_RESIDENT_ON
}
_WITHHELD: Final = tuple(WITHHELD_ITEMS)  # a look into a set would hash an item by its name


def page_seals(
    facts: PrintedFacts, items: SealedItems, *, kind: CertificateKind, status_index: int
) -> tuple[PageSeal, ...]:
    """Give what each page of a certificate says.

    Args:
        facts: of the whole certificate.
        items: what is printed on each page.
        kind: which certificate.
        status_index: the certificate's place in the status list.

    Raises:
        Refused: `MALFORMED`: the number is no issuance number of the day of issue.
        ValueError: an item that no seal carries, or no item on a page.
    """
    number = IssuanceNumber.parse(facts.number)
    if number.date != facts.issued_on:
        raise Refused(Code.MALFORMED, "an issuance number of another day")
    set_hash = facts.digest()[:SET_HASH_BYTES]
    return tuple(
        PageSeal(
            number=number,
            status_index=status_index,
            page=page,
            pages=len(items),
            set_hash=set_hash,
            kind=kind,
            scope=facts.scope,
            items=printed,
        )
        for page, printed in enumerate(items, 1)
    )


def record_items(
    facts: CertificateFacts, people: Sequence[Iterable[int]], *, without: frozenset[Item] = frozenset()
) -> SealedItems:
    """Give what each page of a resident record says.

    Args:
        facts: of the whole certificate.
        people: for each page the places of the people whom it shows, from 0 on.
        without: items that this form has no cell for.
    """
    return tuple(
        (
            SealedItem(person=0, item=Item.ADDRESS, value=facts.address),
            SealedItem(person=0, item=Item.HEAD, value=facts.head),
            *(item for place in shown for item in _person(place + 1, facts.people[place], without)),
        )
        for shown in people
    )


def seal_registration_items(facts: SealRegistrationFacts) -> SealedItems:
    """Give what the one page of a seal registration says; the impression by the digest of its samples."""
    values: dict[Item, ItemValue] = {
        Item.NAME: facts.name,
        Item.FORMER_NAME: facts.former_name,
        Item.BIRTH_DATE: facts.birth_date,
        Item.REMARKS: facts.remarks,
        Item.ALIAS: facts.alias,
        Item.SEAL_IMPRINT: facts.impression.picture.digest()[:IMAGE_DIGEST_BYTES],
        Item.NAME_IN_KATAKANA: facts.name_in_katakana,
    }
    address = SealedItem(person=0, item=Item.ADDRESS, value=facts.address)
    return ((address, *(SealedItem(person=1, item=item, value=value) for item, value in values.items())),)


def _person(ordinal: int, person: PersonFacts, without: frozenset[Item]) -> list[SealedItem]:
    items, values = _columns(without, foreign=isinstance(person.items, ForeignItems))
    found = zip(items, values(person), strict=True)
    return [
        SealedItem(ordinal, item, Withheld.PRINTED if item in _WITHHELD and not isinstance(cell, Mark) else cell)
        for item, cell in found
    ]


@cache
def _columns(
    without: frozenset[Item], *, foreign: bool
) -> tuple[tuple[Item, ...], Callable[[PersonFacts], tuple[Cell, ...]]]:
    """Give the items of a person of a kind in their order, and what takes their values from the facts."""
    own = _FOREIGN if foreign else _JAPANESE
    places = {item: name for name, item in _PERSON.items()} | {item: f"items.{name}" for name, item in own.items()}
    items = tuple(sorted(set(places) - without))
    return items, attrgetter(*(places[item] for item in items))

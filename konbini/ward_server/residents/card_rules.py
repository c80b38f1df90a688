"""The rules of cards: a serial is linked once in all time, and counts only while nothing speaks against it.

The state of the individual-number card (個人番号カード運用状況) and its serials are one fact: a change of the one
writes the other in the same transaction. The ward's own card (専用カード) has serials under an issuer key id of
the ward's.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.bodies import (
    CardEnded,
    CardKind,
    CardLinked,
    CardResumed,
    CardWithheld,
    NumberCardChanged,
    Withheld,
)
from konbini.ward_server.residents.changes import Change
from konbini.ward_server.residents.dates import day_after
from konbini.ward_server.residents.effect import Effect, compare
from konbini.ward_server.residents.entry import NumberCardStatus, RegisterEntry
from konbini.ward_server.residents.feed import CardSerial
from konbini.ward_server.residents.standing import Standing
from konbini.ward_server.residents.store import RegistryReading, StoredLink

__all__ = ["carded", "check_span", "ends_with_number", "number_card"]

_OF_THE_NUMBER = frozenset({CardKind.NUMBER_CARD, CardKind.PHONE})
_WITHHOLDS = {NumberCardStatus.SUSPENDED: Withheld.SUSPENDED, NumberCardStatus.LOST: Withheld.LOST}
_ENDS = frozenset({NumberCardStatus.EXPIRED, NumberCardStatus.RETURNED, NumberCardStatus.REVOKED})


def carded(
    standing: Standing, change: Change, body: CardLinked | CardEnded | CardWithheld | CardResumed
) -> tuple[StoredLink, ...]:
    """Judge a change of one card's serial.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`, `CARD_LINKED_BEFORE`, `CHANGE_INVALID`.
    """
    if isinstance(body, CardLinked):
        return _linked(standing, change, body)
    if standing.record(change.resident) is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    link = _link(standing.reading, change.resident, body.card)
    compare(link.version, change.seen)
    following = replace(link, version=link.version + 1)
    match body:
        case CardEnded():
            return (replace(following, ended=True),)
        case CardWithheld():
            if link.withheld is body.why:
                raise Refused(Code.CHANGE_INVALID, "this card is withheld so already")
            return (replace(following, withheld=body.why),)
        case CardResumed():
            if link.withheld is None:
                raise Refused(Code.CHANGE_INVALID, "this card is not withheld")
            return (replace(following, withheld=None),)


def number_card(standing: Standing, change: Change, body: NumberCardChanged) -> tuple[Effect, ...]:
    """Judge a change of the individual-number card's state; its serials and its phones' follow.

    Raises:
        Refused: `RESIDENT_UNKNOWN`, `CHANGED_MEANWHILE`, `CHANGE_INVALID`.
    """
    if standing.record(change.resident) is None:
        raise Refused(Code.RESIDENT_UNKNOWN)
    version, entry = standing.entry(change.resident)
    compare(version, change.seen)
    before, after = entry.number_card, body.card
    if before == after:
        raise Refused(Code.CHANGE_INVALID, "it reads so already")
    revived = after.status not in _ENDS and before is not None and before.status in _ENDS
    if revived and before is not None and before.issued == after.issued:
        raise Refused(Code.CHANGE_INVALID, "a card that has ended is not used again")
    kept = standing.amended(change.resident, lambda entry: replace(entry, number_card=after))
    return (*kept, *_following(standing, change.resident, after.status))


def ends_with_number(standing: Standing, resident: str) -> tuple[Effect, ...]:
    """Give what ends with a number that changes: every serial of the card and of phones, and the card itself."""

    def give_back(entry: RegisterEntry) -> RegisterEntry:
        card = entry.number_card
        if card is None or card.status in (_ENDS | {NumberCardStatus.NOT_ISSUED}):
            return entry
        return replace(entry, number_card=replace(card, status=NumberCardStatus.RETURNED))

    links = _following(standing, resident, NumberCardStatus.RETURNED)
    return (*links, *standing.amended(resident, give_back))


def _following(standing: Standing, resident: str, status: NumberCardStatus) -> tuple[StoredLink, ...]:
    links = standing.reading.links(resident)
    living = [link for link in links if link.carrier in _OF_THE_NUMBER and not link.ended]
    ended, withheld = status in _ENDS, _WITHHOLDS.get(status)
    if status is NumberCardStatus.NOT_ISSUED:
        return ()
    return tuple(
        replace(link, version=link.version + 1, ended=ended, withheld=withheld)
        for link in living
        if (link.ended, link.withheld) != (ended, withheld)
    )


def _linked(standing: Standing, change: Change, body: CardLinked) -> tuple[StoredLink, ...]:
    reading = standing.reading
    compare(0, change.seen)
    standing.present(change.resident)
    if reading.link(body.card) is not None:
        raise Refused(Code.CARD_LINKED_BEFORE, "a card's serial is linked once in all time")
    fresh = StoredLink(
        card=body.card,
        resident=change.resident,
        version=1,
        counts_from=day_after(change.effective),
        ended=False,
        carrier=body.carrier,
        valid_until=body.valid_until,
    )
    check_span(fresh)
    _check_one_ward_card(reading, change.resident, body)
    if body.replaces is None:
        return (fresh,)
    old = _link(reading, change.resident, body.replaces)
    return (replace(old, version=old.version + 1, ended=True), fresh)


def check_span(link: StoredLink) -> None:
    """Refuse a card whose certificate ends before it counts.

    Raises:
        Refused: `CHANGE_INVALID`.
    """
    if link.valid_until is not None and link.valid_until < link.counts_from:
        raise Refused(Code.CHANGE_INVALID, "this card's certificate ends before it counts")


def _check_one_ward_card(reading: RegistryReading, resident: str, body: CardLinked) -> None:
    if body.carrier is not CardKind.WARD_CARD:
        return
    held = [link.card for link in reading.links(resident) if link.carrier is CardKind.WARD_CARD and not link.ended]
    if held not in ([], [body.replaces]):
        raise Refused(Code.CHANGE_INVALID, "a resident holds one card of the ward")


def _link(reading: RegistryReading, resident: str, card: CardSerial) -> StoredLink:
    """Find a resident's living link."""
    link = reading.link(card)
    if link is None or link.resident != resident:
        raise Refused(Code.CHANGE_INVALID, "this card is not linked to this resident")
    if link.ended:
        raise Refused(Code.CHANGED_MEANWHILE, "this card's link has ended")
    return link

"""What ties a message or a paper to its visit, and an entry of the feed to its place."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = [
    "BINDING",
    "CONTEXT",
    "FEED_GAPLESS",
    "FEED_ONCE",
    "MENU_MATCHED",
    "OF_THIS_ORDER",
    "OWN_CONTEXT",
    "VISIT_KEYS",
]

VISIT_KEYS: Final = Defence(
    name="visit-keys",
    duty="A visit has fresh keys, so that what is sealed to one visit opens in no other.",
    alterations=(
        Alteration(
            module="konbini.kiosk.visit.ward",
            before="_TRIES = 2\n",
            after="_TRIES = 2\n_KEPT: list[Any] = []\n",
        ),
        Alteration(
            module="konbini.kiosk.visit.ward",
            before="from dataclasses import dataclass\n",
            after="from dataclasses import dataclass\nfrom typing import Any\n",
        ),
        Alteration(
            module="konbini.kiosk.visit.ward",
            before="""\
        self._signing = device.fresh.signing()
        self._opening = device.fresh.opening()
""",
            after="""\
        if not _KEPT:
            _KEPT.append((device.fresh.signing(), device.fresh.opening()))
        self._signing, self._opening = _KEPT[0]
""",
        ),
    ),
)

CONTEXT: Final = Defence(
    name="context",
    duty="A signature or a seal names sender, receiver and visit, and passes in no other place.",
    alterations=(
        Alteration(
            module="konbini.protocol.cose",
            before="""\
                self.sender,
                self.receiver,
                self.visit,
""",
            after="""\
                *(("", "", b"") if self.visit else (self.sender, self.receiver, self.visit)),
""",
        ),
    ),
)

OF_THIS_ORDER: Final = Defence(
    name="of-this-order",
    duty="The kiosk holds a DOCUMENT's t against what its own visit's card signed.",
    alterations=(
        Alteration(
            module="konbini.kiosk.visit.ward",
            before="if (document.t, document.ordinal, document.fee) != (order.t, order.ordinal, order.fee):",
            after="if (document.ordinal, document.fee) != (order.ordinal, order.fee):",
        ),
    ),
)

BINDING: Final = Defence(
    name="binding",
    duty="The signed paper holds the hash of t, ordinal and number, which the kiosk reckons for itself.",
    alterations=(
        Alteration(
            module="konbini.protocol.numbers",
            before='return hashlib.sha256(encode([f"{PROTOCOL} binding", t, ordinal, number])).digest()',
            after='return hashlib.sha256(encode([f"{PROTOCOL} binding"])).digest()',
        ),
    ),
)

OWN_CONTEXT: Final = Defence(
    name="order-opened-as-its-visit",
    duty="An ORDER is opened, and its signature checked, with the keys and the context of the visit that was found.",
    alterations=(
        Alteration(
            module="konbini.ward_server.asking.opening",
            before="order = from_bytes(Order, opened.visit_signing.open(message, context))\n"
            "    if order.t != opened.t or order.ordinal != context.ordinal:",
            after="order = from_bytes(Order, unchecked_payload(message))\n    if order.ordinal != context.ordinal:",
        ),
    ),
)

FEED_GAPLESS: Final = Defence(
    name="feed-without-gaps",
    duty="The feed's entries are numbered without gaps, and each block names the hash that it follows.",
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.feed_blocks",
            before="""\
        if head.first > here.number + 1:
            raise Refused(Code.FEED_GAP, f"entry {head.first} after {here.number}")
        applied = here.number + 1 - head.first
        if chain_hash(head.before, entry_digests(block.coded[:applied])) != here.newest:
            raise Refused(Code.FEED_FORKED, f"entry {here.number + 1} follows another {here.number}")
""",
            after="""\
        applied = max(here.number + 1 - head.first, 0)
""",
        ),
    ),
)

FEED_ONCE: Final = Defence(
    name="feed-applied-once",
    duty="An entry of the feed that was applied is not applied again, whoever repeats it.",
    alterations=(
        Alteration(
            module="konbini.ward_server.residents.feed_blocks",
            before="            self._check_repeated(head.last, head.newest)\n            return ()\n",
            after="            return block.entries()\n",
        ),
        Alteration(
            module="konbini.ward_server.following.rows",
            before='hash) VALUES (?, ?, ?)",\n                    (here.number,',
            after='hash) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",\n                    (here.number,',
        ),
    ),
)

MENU_MATCHED: Final = Defence(
    name="menu-of-its-visit",
    duty="An ORDER names the hash of the menu that it was chosen from.",
    alterations=(
        Alteration(
            module="konbini.ward_server.asking.opening",
            before="if order.menu != menu_hash:",
            after="if not order.menu:",
        ),
    ),
)

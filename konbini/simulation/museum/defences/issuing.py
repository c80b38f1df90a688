"""What `issuing` refuses by itself: its rules, its copy, and the completing transaction."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = [
    "ANSWERED_IN_BYTES",
    "BAR_BY_APPLICATION",
    "COMPLETION_BARS",
    "COMPLETION_HOUSEHOLD",
    "COMPLETION_VERSIONS",
    "HANDLE_NAMES_SOMEBODY",
    "HANDLE_ON_THE_MENU",
    "HOLDER_IN_HOUSEHOLD",
    "RECORD_IN_ITS_ROW",
    "VISIT_AT_ITS_KIOSK",
]

ANSWERED_IN_BYTES: Final = Defence(
    name="same-bytes-same-answer",
    duty="An order that was answered is answered again only for the very bytes that were answered.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ordering",
            before="if known.order_hash != order_hash:",
            after="if not known.order_hash:",
        ),
    ),
)

HANDLE_NAMES_SOMEBODY: Final = Defence(
    name="handle-names-somebody",
    duty="A handle that names nobody of the household that was read refuses the order.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ordering",
            before="named = [by_handle.get(handle) for handle in taken.order.handles]",
            after="named = [by_handle.get(handle, people.holder.record.resident) for handle in taken.order.handles]",
        ),
    ),
)

HOLDER_IN_HOUSEHOLD: Final = Defence(
    name="holder-in-household",
    duty="A household that was read for a card's holder has the holder in it.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.desk",
            before="(person for person in seen if person.record.resident == holder), None)",
            after="(person for person in seen if person.record.resident == holder), next(iter(seen), None))",
        ),
    ),
)

RECORD_IN_ITS_ROW: Final = Defence(
    name="record-in-its-row",
    duty="A record that stands under another resident or version than it was signed for stops the ward.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.copy",
            before="if (signed.record.resident, signed.record.version) != (row.resident, row.version):",
            after="if not signed.record.resident:",
        ),
    ),
)

VISIT_AT_ITS_KIOSK: Final = Defence(
    name="visit-at-its-kiosk",
    duty="A visit is served to the kiosk alone that opened it.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.visits",
            before="if visit is None or visit.opened.ticket.kiosk != kiosk:\n            raise Refused(Code.VISIT_OVER",
            after="if visit is None or not kiosk:\n            raise Refused(Code.VISIT_OVER",
        ),
    ),
)

COMPLETION_HOUSEHOLD: Final = Defence(
    name="completion-compares-household",
    duty="The completing transaction refuses a paper whose people are not all of the holder's household now.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ledger.issuances",
            before="if not shown <= household:",
            after="if not shown:",
        ),
    ),
)

COMPLETION_VERSIONS: Final = Defence(
    name="completion-compares-versions",
    duty="The completing transaction refuses a paper that shows another version of a record than the newest.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ledger.issuances",
            before="if row is None or tuple(row) != (version.version, 1):",
            after="if row is None:",
        ),
    ),
)

COMPLETION_BARS: Final = Defence(
    name="completion-compares-bars",
    duty="The completing transaction refuses where anybody of the household is under a measure or a hold by now.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ledger.issuances",
            before="if any(self._feed.barred(connection, resident) for resident in household):",
            after="if not household:",
        ),
    ),
)

BAR_BY_APPLICATION: Final = Defence(
    name="bar-by-application",
    duty="A release lifts the one application that it names, and no other of the same resident.",
    alterations=(
        Alteration(
            module="konbini.ward_server.following.rows",
            before="restriction = self._hashes.restriction(self._municipality, entry.resident, entry.kind, name)",
            after='restriction = self._hashes.restriction(self._municipality, entry.resident, entry.kind, "")',
        ),
    ),
)

HANDLE_ON_THE_MENU: Final = Defence(
    name="handle-on-the-menu",
    duty="An order names nobody who was not on the menu that its visit was given.",
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ordering",
            before="if not set(order.handles) <= {member.handle for member in menu.members}:",
            after="if not menu.members:",
        ),
    ),
)

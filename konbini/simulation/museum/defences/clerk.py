"""What the clerk refuses (交付前の審査): it judges the same evidence again from its own index, and reads every page."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defence import Defence

__all__ = [
    "CLERK_BARS",
    "CLERK_HANDLES",
    "CLERK_HOUSEHOLD",
    "CLERK_NEWEST",
    "CLERK_NEWEST_SEAL",
    "CLERK_OFFERED",
    "CLERK_ONE_ORDER_A_NUMBER",
    "CLERK_READS",
    "CLERK_SCOPE",
    "CLERK_SEES",
]

_JUDGING: Final = "konbini.ward_server.clerk.judging"

CLERK_READS: Final = Defence(
    name="clerk-reads",
    duty="The clerk reads every page back, twice, against the facts that it took from its own reading.",
    alterations=(
        Alteration(
            module="konbini.ward_server.clerk.clerk",
            before="            await asyncio.to_thread"
            "(self._read, pdf, waiting.facts, waiting.template, waiting.binding, waiting.seals)\n",
            after="",
        ),
    ),
)

CLERK_SEES: Final = Defence(
    name="clerk-sees",
    duty="The clerk's readings are of what a page shows, and not of its text alone: a picture that is not due is "
    "refused, and so is a text that nobody sees.",
    alterations=(
        Alteration(
            module="konbini.simulation.world.papers.reading",
            before="        if data != wanted.to_bytes():\n",
            after="        found = Page.from_bytes(data)\n"
            "        if (sorted((*found.texts, *found.hidden)), found.seal) != (list(wanted.texts), wanted.seal):\n",
        ),
        Alteration(
            module="konbini.pdf.reading",
            before="    if len(found) != len(pictures):\n",
            after="    if len(found) < len(pictures):\n",
        ),
        Alteration(
            module="konbini.pdf.composition",
            before="        fonts, objects = _resources(page, placed, where)\n",
            after='        named = frozenset(page["/Resources"]["/XObject"])\n'
            '        fonts, objects = _resources(page, {one.lstrip("/") for one in named}, where)\n',
        ),
        Alteration(
            module="konbini.pdf.composition",
            before="        if any(line.act is not Act.TEXT for line in texts):\n"
            '            raise mismatch(f"{where}: something painted beside its text and parts")\n',
            after="        texts = [line for line in texts if line.act is Act.TEXT]\n",
        ),
    ),
)

CLERK_HANDLES: Final = Defence(
    name="clerk-compares-handles",
    duty="The clerk refuses subjects whom the order's handles do not name.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="if len(set(given)) != len(given) or sorted(given) != sorted(asked.order.handles):",
            after="if len(set(given)) != len(given):",
        ),
    ),
)

CLERK_HOUSEHOLD: Final = Defence(
    name="clerk-compares-household",
    duty="The clerk looks the card's holder up by itself, and refuses subjects of another household.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="if any(subject.record.household != household[holder].household for subject in subjects):",
            after="if not subjects:",
        ),
    ),
)

CLERK_SCOPE: Final = Defence(
    name="clerk-compares-scope",
    duty="The clerk refuses people who do not make up what was ordered: oneself, a part, the whole household.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="    _check_scope(asked.order.scope, holder, shown, present)\n",
            after="",
        ),
    ),
)

CLERK_NEWEST: Final = Defence(
    name="clerk-wants-newest-record",
    duty="The clerk takes a record only at the version and with the hash that its own index names.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="if (signed.record.version, signed.digest) != (indexed.version, indexed.record_hash):",
            after="if not indexed.present:",
        ),
    ),
)

CLERK_NEWEST_SEAL: Final = Defence(
    name="clerk-wants-newest-seal",
    duty="The clerk certifies a seal only where its own index has this registration as newest and in force.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="if indexed is None or not newest or not indexed.in_force:",
            after="if indexed is None and newest:",
        ),
    ),
)

CLERK_BARS: Final = Defence(
    name="clerk-looks-at-bars",
    duty="The clerk certifies nothing where its own index has anybody of the household under a measure or a hold.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="if any(person.barred for person in household.values()):",
            after="if not household:",
        ),
    ),
)

CLERK_OFFERED: Final = Defence(
    name="clerk-compares-menu",
    duty="The clerk refuses an order of another menu, and handles that were not on it.",
    alterations=(
        Alteration(
            module=_JUDGING,
            before="if not set(order.handles) <= {member.handle for member in menu.members}:",
            after="if not menu.members:",
        ),
    ),
)

CLERK_ONE_ORDER_A_NUMBER: Final = Defence(
    name="clerk-one-order-a-number",
    duty="The clerk certifies one number for one order, and one order under one number, for ever.",
    alterations=(
        Alteration(
            module="konbini.ward_server.clerk.store",
            before="if any((key, number) != (order_key, entry.number) for key, number in known):",
            after="if any(key != order_key for key, number in known):",
        ),
    ),
)

"""Faults of our own making, that no case was published of yet."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.clerk import (
    CLERK_HANDLES,
    CLERK_HOUSEHOLD,
    CLERK_NEWEST,
    CLERK_OFFERED,
    CLERK_SCOPE,
)
from konbini.simulation.museum.defences.issuing import (
    COMPLETION_BARS,
    COMPLETION_HOUSEHOLD,
    COMPLETION_VERSIONS,
    HANDLE_NAMES_SOMEBODY,
    HANDLE_ON_THE_MENU,
    HOLDER_IN_HOUSEHOLD,
    RECORD_IN_ITS_ROW,
    VISIT_AT_ITS_KIOSK,
)
from konbini.simulation.museum.defences.kiosk import PRINT_BY
from konbini.simulation.museum.defences.wire import (
    BINDING,
    CONTEXT,
    FEED_ONCE,
    MENU_MATCHED,
    OF_THIS_ORDER,
    OWN_CONTEXT,
    VISIT_KEYS,
)
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["ANOTHERS_ROW", "APPLIED_TWICE", "MEASURE_AT_PRINTER", "MEASURE_BEFORE_COMPLETION", "WRONG_KEY_AT_OPEN"]

_COPY: Final = "konbini.ward_server.issuing.copy"

WRONG_KEY_AT_OPEN: Final = Mutant(
    number=13,
    name="wrong-key-at-open",
    title="The visit table keyed wrongly at OPEN",
    story=Story(
        happened="Not published of anybody. The mistake is an ordinary one: a loop reuses the name of the variable "
        "that is needed after it.",
        fault="Where a visit is put into the table, the variable that holds its key is also the loop's that forgets "
        "old visits; the visit is put under the key of the last one that the loop saw.",
        off="Whoever opens a visit takes the place of somebody who is still choosing. The next order of that person is "
        "answered from the newer visit: with the other resident's paper.",
        on="Eleven checks, each by itself enough: they are what a visit is made of. The order does not open in the "
        "other visit's context, is not signed by its key, names another t, another menu and other handles; the clerk "
        "finds the same again; and the answer is sealed to the other visit, and bound to it.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.visits",
            before="""\
        self._by_visit = {
            v: kept
            for v, kept in self._by_visit.items()
            if moment < kept.opened.last_moment and kept.opened.ticket.kiosk != kiosk
        }
        self._by_visit[visit.opened.visit] = visit
""",
            after="""\
        v = visit.opened.visit
        for v, kept in tuple(self._by_visit.items()):
            if moment >= kept.opened.last_moment or kept.opened.ticket.kiosk == kiosk:
                del self._by_visit[v]
        self._by_visit[v] = visit
""",
        ),
    ),
    defences=(
        *(VISIT_AT_ITS_KIOSK, CONTEXT, VISIT_KEYS, OWN_CONTEXT, MENU_MATCHED, HANDLE_ON_THE_MENU),
        *(HANDLE_NAMES_SOMEBODY, CLERK_OFFERED, CLERK_HANDLES, OF_THIS_ORDER, BINDING),
    ),
    workload=Workload(profile="overload", kiosks=8),
)

ANOTHERS_ROW: Final = Mutant(
    number=14,
    name="anothers-row",
    title="A record written under another's id",
    story=Story(
        happened="Not published of anybody.",
        fault="Where the issuing copy applies a record, the id is the one of the record before: a variable that is "
        "left over.",
        off="Everybody whose row was written so is shown, and handed, somebody else's record.",
        on="What is sealed names the resident and version that it was signed for, and a row that holds another stops "
        "the ward. Behind it stand the holder's own place in the household, the clerk's index, and the completing "
        "transaction.",
    ),
    alterations=(
        Alteration(
            module=_COPY,
            before="        self._records = RecordOpener(record_key, municipality)\n",
            after='        self._records = RecordOpener(record_key, municipality)\n        self._last = ""\n',
        ),
        Alteration(
            module=_COPY,
            before="""\
        record = signed.record
        wrapped = self._data_key(connection, record.resident)
""",
            after="""\
        record = replace(signed.record, resident=self._last or signed.record.resident)
        self._last = signed.record.resident
        wrapped = self._data_key(connection, record.resident)
""",
        ),
        Alteration(
            module=_COPY,
            before="from dataclasses import dataclass\n",
            after="from dataclasses import dataclass, replace\n",
        ),
    ),
    defences=(
        *(RECORD_IN_ITS_ROW, HOLDER_IN_HOUSEHOLD, CLERK_HOUSEHOLD, CLERK_SCOPE),
        *(COMPLETION_HOUSEHOLD, COMPLETION_VERSIONS),
    ),
    workload=Workload(profile="overload"),
)

MEASURE_BEFORE_COMPLETION: Final = Mutant(
    number=15,
    name="measure-before-completion",
    title="A measure set between clerk and completion",
    story=Story(
        happened="Not published of anybody: the window is a few milliseconds wide.",
        fault="The window stands open for eight seconds, as with a disk that hardly answers: the clerk has read and "
        "signed, and the completing transaction is yet to come.",
        off="A measure that was set, approved and acknowledged in those eight seconds does not keep the person off "
        "a paper that is issued after it.",
        on="*Issued* means the completing transaction, which asks for measures and holds once more.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.issuing.ordering",
            before='            with self._steps.one("complete"):\n',
            after='            await self._desk.clock.sleep(8)\n            with self._steps.one("complete"):\n',
        ),
    ),
    defences=(COMPLETION_BARS,),
    workload=Workload(profile="overload", kiosks=6, visits=200),
)

MEASURE_AT_PRINTER: Final = Mutant(
    number=16,
    name="measure-before-printing",
    title="A measure set between document and print",
    story=Story(
        happened="Not published of anybody.",
        fault="The kiosk lets a document lie for four minutes before it prints it, as with a printer that warms up.",
        off="A paper that was issued before a measure comes out long after it.",
        on="The ward signs the last moment at which printing may begin, three minutes after the order, and the kiosk "
        "prints nothing after it. Within these three minutes the paper is one that was issued before the measure, and "
        "comes out: that is the limit of what is promised.",
    ),
    alterations=(
        Alteration(
            module="konbini.kiosk.visit.ordering",
            before="        before = (await self._tools.printer.status()).impressions\n",
            after="        await self._tools.clock.sleep(240)\n"
            "        before = (await self._tools.printer.status()).impressions\n",
        ),
    ),
    defences=(PRINT_BY,),
    workload=Workload(profile="overload", kiosks=8, visits=40),
)

APPLIED_TWICE: Final = Mutant(
    number=17,
    name="feed-applied-twice",
    title="A feed applied twice",
    story=Story(
        happened="Not published of anybody; a repeat after a lost acknowledgement is how such a thing begins.",
        fault="With each delivery the issuing copy applies the one before it again, after the new one.",
        off="A record that changed in both goes back to its older version, and is printed.",
        on="What was applied is known by its number and hash and passed over. The clerk follows by itself, and takes "
        "a record only at the version that its own index names.",
    ),
    alterations=(
        Alteration(
            module=_COPY,
            before="        self._records = RecordOpener(record_key, municipality)\n",
            after="        self._records = RecordOpener(record_key, municipality)\n"
            "        self._delivered: tuple[bytes, ...] = ()\n",
        ),
        Alteration(
            module=_COPY,
            before="""\
        return await self._rows.write(
            lambda connection: self._feed.apply(connection, blocks, self._apply_record, self._apply_seal, forget_own),
""",
            after="""\
        before, self._delivered = self._delivered, tuple(blocks)
        both = (*blocks, *before)
        return await self._rows.write(
            lambda connection: self._feed.apply(connection, both, self._apply_record, self._apply_seal, forget_own),
""",
        ),
    ),
    defences=(FEED_ONCE, CLERK_NEWEST),
    workload=Workload(profile="overload", kiosks=6, visits=200, besides=(Happening.RENAMED_TWICE,)),
)

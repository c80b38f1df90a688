"""Published cases in which what was made for one resident was handed to another: 1, 2, 6, 7 and 8."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.clerk import CLERK_READS
from konbini.simulation.museum.defences.issuing import ANSWERED_IN_BYTES
from konbini.simulation.museum.defences.wire import BINDING, CONTEXT, OF_THIS_ORDER, VISIT_KEYS
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["GOV24_USERS", "KAWASAKI", "MUNAKATA", "TAKAMATSU", "YOKOHAMA"]

_ORDERING: Final = "konbini.ward_server.issuing.ordering"
_GATEWAY: Final = "konbini.ward_server.issuing.gateway"
_LEDGER: Final = "konbini.ward_server.issuing.ledger.issuances"

_DRAW: Final = """\
            with self._steps.one("draw"):
                pdf, pages = await self._draw(certified, number)
"""
_SEAL: Final = """\
            with self._steps.one("seal"):
                sealed = await self._desk.clerk.seal(certified.order, pdf)
            pdf += sealed.suffix
            document = self._document(taken, number, pdf, pages)
"""
_BEGINNING: Final = "        self._steps = desk.steps\n"
_DOCUMENT: Final = "    def _document(self, taken: _Taken, number: str, pdf: bytes, pages: int) -> Document:\n"

YOKOHAMA: Final = Mutant(
    number=1,
    name="yokohama-2023",
    title="A time-out frees the lock and not the image",
    story=Story(
        happened="Yokohama, 27 March 2023: ten sheets of eighteen people were handed to nine others. Under a long "
        "load the wait for printing timed out; the time-out released the print lock alone, and the next request picked "
        "up the image that was still waiting.",
        fault="The steps between drawing and the clerk's seal stand behind one lock, and the drawn image waits in a "
        "list. Where the clerk does not answer in time, the number is voided and the lock is free, and the image stays "
        "at the head of the list. From then on every order takes the image of the one before.",
        off="Nothing shows until the clerk is late once. Then each resident at that server is handed the paper of the "
        "resident before.",
        on="The clerk reads the page before it signs, finds another person than its own facts name, and stops the "
        "ward. Without it the kiosk reckons another binding than the paper holds. Either way the visit ends with an "
        "error and the money is returned.",
    ),
    alterations=(
        Alteration(
            module=_ORDERING,
            before=_BEGINNING,
            after=_BEGINNING
            + "        self._printing, self._images = asyncio.Lock(), list[tuple[str, bytes, int]]()\n",
        ),
        Alteration(
            module=_ORDERING,
            before=_DRAW + _SEAL,
            after="""\
            async with self._printing:  # a time-out frees the lock, and leaves the image where it is
                self._images.append((number, *await self._draw(certified, number)))
                image, pdf, pages = self._images[0]
                try:
                    sealed = await self._desk.clerk.seal(certified.order, pdf)
                except Refused:
                    del self._images[0]
                    raise
                del self._images[0]
            pdf += sealed.suffix
            document = self._document(taken, image, pdf, pages)
""",
        ),
    ),
    defences=(CLERK_READS, BINDING),
    workload=Workload(profile="overload", kiosks=8, visits=200, besides=(Happening.CLERK_FALTERS,)),
)

KAWASAKI: Final = Mutant(
    number=2,
    name="kawasaki-2023",
    title="A key made from the clock",
    story=Story(
        happened="Kawasaki, 2 May 2023: another family's register was handed out. Two requests came within one second; "
        "the files of a request were named by the second, and the later overwrote the earlier.",
        fault="What was made for an order waits under the second in which the order was taken, until the completing "
        "transaction is durable; then the answer is made of what stands there.",
        off="Two orders of one second that complete beside each other: the earlier resident is handed the later one's "
        "paper, signed and with its own number.",
        on="The paper holds the hash of the visit that it was made for. The kiosk reckons its own, finds another, "
        "prints nothing, returns the money and hands the ward its own signed word back, which stops the ward. It is "
        "the one defence: the paper itself is right, read and sealed for somebody else.",
    ),
    alterations=(
        Alteration(
            module=_ORDERING,
            before=_BEGINNING,
            after=_BEGINNING + "        self._made: dict[int, tuple[str, bytes, int]] = {}\n",
        ),
        Alteration(
            module=_ORDERING,
            before="            document = self._document(taken, number, pdf, pages)\n",
            after="            self._made[now.seconds] = number, pdf, pages  # one place a second\n"
            "            document = self._document(taken, number, pdf, pages)\n",
        ),
        Alteration(
            module=_ORDERING,
            before="""\
        self._steps.issued(taken.order.kind)
        return Reply(kind=MessageKind.DOCUMENT, body=answer.sealed)
""",
            after="""\
        self._steps.issued(taken.order.kind)
        made = self._made[now.seconds]
        document = self._document(taken, *made)
        answer = self._desk.answers.document(visit.message_key, visit.opened, ordinal, document, made[1])
        return Reply(kind=MessageKind.DOCUMENT, body=answer.sealed)
""",
        ),
    ),
    defences=(BINDING,),
    workload=Workload(profile="overload", kiosks=12, visits=200, besides=(Happening.ISSUING_SLOW,)),
)

MUNAKATA: Final = Mutant(
    number=6,
    name="munakata-2023",
    title="What the last user left",
    story=Story(
        happened="Munakata, 28 June 2023: a resident was handed the previous user's paper. The fault was known and "
        "mended elsewhere; the mended version had never been rolled out there.",
        fault="A document stays after its receipt, and an order that may have come before is looked for by kiosk and "
        "ordinal instead of by visit. The first order of the next visit finds the first order of the last one.",
        off="Within the three minutes after a paper was printed, whoever comes next at that kiosk is handed it again.",
        on="The order's bytes are not those that were answered, so it is refused as a conflict. Were it answered, the "
        "document is sealed to keys that ended with the last visit, in that visit's context, under that visit's t, and "
        "the paper holds that visit's binding. A drift of versions is refused apart from this: processes of one ward "
        "compare their builds when they start.",
    ),
    alterations=(
        Alteration(
            module=_LEDGER,
            before='"UPDATE issuance SET state = ?, document = NULL, settled = ? WHERE visit = ? AND ordinal = ?'
            ' AND state = ?",',
            after='"UPDATE issuance SET state = ?, settled = ? WHERE visit = ? AND ordinal = ? AND state = ?",',
        ),
        Alteration(
            module=_LEDGER,
            before='"SELECT number, order_hash, state, refused, document FROM issuance'
            ' WHERE visit = ? AND ordinal = ?",',
            after='"SELECT number, order_hash, state, refused, document FROM issuance"\n'
            '                " WHERE kiosk = (SELECT kiosk FROM visit WHERE visit = ?) AND ordinal = ?"\n'
            '                " ORDER BY reserved DESC, number DESC LIMIT 1",',
        ),
    ),
    defences=(ANSWERED_IN_BYTES, VISIT_KEYS, CONTEXT, OF_THIS_ORDER, BINDING),
    workload=Workload(profile="overload", kiosks=4),
)

TAKAMATSU: Final = Mutant(
    number=7,
    name="takamatsu-2024",
    title="A build for one server where there are two",
    story=Story(
        happened="Takamatsu, 4 April 2024: a resident was handed another's paper; two shops had asked at nearly the "
        "same moment. The build for a single server ran on a site of several.",
        fault="An image goes through a spool that the servers of a site share, under the first place that *this* "
        "server does not use. With one server no place is used twice; with two, both begin at the first. Here the site "
        "is one process with two servers in it, each for half of the kiosks.",
        off="Two orders at two servers of one site, within the moment that an image lies in the spool: the first is "
        "handed the second one's paper.",
        on="The clerk reads another person than its facts name, and stops the ward; without it the kiosk finds "
        "another binding.",
    ),
    alterations=(
        Alteration(
            module=_GATEWAY,
            before="self._openings, self._orders, self._receipts = Openings(desk), Orders(desk), Receipts(desk)\n",
            after="self._openings, self._receipts = Openings(desk), Receipts(desk)\n"
            "        self._servers = Orders(desk), Orders(desk)  # two of one site, half of the kiosks each\n",
        ),
        Alteration(
            module=_GATEWAY,
            before="MessageKind.ORDER: lambda: self._orders.take(kiosk, body),",
            after="MessageKind.ORDER: lambda: self._servers[ord(kiosk[-1]) % 2].take(kiosk, body),",
        ),
        Alteration(
            module=_ORDERING,
            before=_BEGINNING,
            after=_BEGINNING + "        self._in_use: set[int] = set()\n",
        ),
        Alteration(
            module=_ORDERING,
            before='__all__ = ["Orders"]\n',
            after='__all__ = ["Orders"]\n\n'
            "_SPOOL: dict[int, tuple[str, bytes, int]] = {}  # on the disk that all servers of a site share\n"
            "_SPOOLING_SECONDS = 1.0\n",
        ),
        Alteration(
            module=_ORDERING,
            before=_DRAW + _SEAL,
            after="""\
            with self._steps.one("draw"):
                image, pdf, pages = await self._spooled(number, *await self._draw(certified, number))
            with self._steps.one("seal"):
                sealed = await self._desk.clerk.seal(certified.order, pdf)
            pdf += sealed.suffix
            document = self._document(taken, image, pdf, pages)
""",
        ),
        Alteration(
            module=_ORDERING,
            before=_DOCUMENT,
            after="""\
    async def _spooled(self, number: str, pdf: bytes, pages: int) -> tuple[str, bytes, int]:
        place = min(set(range(len(self._in_use) + 1)) - self._in_use)
        self._in_use.add(place)
        _SPOOL[place] = number, pdf, pages
        await self._desk.clock.sleep(_SPOOLING_SECONDS)
        self._in_use.discard(place)
        return _SPOOL[place]

"""
            + _DOCUMENT,
        ),
    ),
    defences=(CLERK_READS, BINDING),
    workload=Workload(profile="overload", kiosks=12),
)

GOV24_USERS: Final = Mutant(
    number=8,
    name="gov24-users-2024",
    title="State that concurrent users share",
    story=Story(
        happened="정부24, 1 April 2024: 646 papers of other people were handed out, to users who asked at the same "
        "time, after the program that links the portal with the systems behind it was changed.",
        fault="The gateway, which links the center with the ward's use cases, keeps the order that it is answering in "
        "one place for all users. An order that comes before the answer is ready takes the place.",
        off="Two orders under way at one moment: the first one's paper goes out as the answer to the second, whose "
        "kiosk prints it.",
        on="The answer does not open with another visit's keys, nor in another visit's context; its t is another's, "
        "and so is the binding inside the paper. The kiosk prints nothing, whichever of the four it is that finds it.",
    ),
    alterations=(
        Alteration(
            module=_GATEWAY,
            before="                reply = await handler()\n",
            after="                if frame.kind is MessageKind.ORDER:\n"
            "                    self._answering = frame  # one place for all users\n"
            "                reply = await handler()\n",
        ),
        Alteration(
            module=_GATEWAY,
            before="            self._reply(frame, reply)\n\n    def _count(",
            after="            self._reply(self._answering if frame.kind is MessageKind.ORDER else frame, reply)\n\n"
            "    def _count(",
        ),
    ),
    defences=(VISIT_KEYS, CONTEXT, OF_THIS_ORDER, BINDING),
    workload=Workload(profile="overload", kiosks=12, visits=100, besides=(Happening.ISSUING_SLOW,)),
)

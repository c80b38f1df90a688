"""The desk (窓口) of `issuing`: everything that the three use cases of a visit hold, built once by `main`."""

from __future__ import annotations

import asyncio
import calendar
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from konbini.pdf.facts import PrintedFacts
from konbini.pdf.template import Template
from konbini.process.clock import Clock, to_seconds
from konbini.process.measures.ports import Measures
from konbini.process.traces.ports import Traces
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.kinds import CertificateKind, MessageKind, Options
from konbini.protocol.trust import WardEntry
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge
from konbini.ward_server.asking.offices import TicketOffices
from konbini.ward_server.asking.opening import KioskRegister
from konbini.ward_server.certificates.kinds import template_of
from konbini.ward_server.clerk.evidence import Certified, Evidence, Sealed
from konbini.ward_server.following.current import Current
from konbini.ward_server.following.outage import Outage
from konbini.ward_server.following.upkeep import Upkeep
from konbini.ward_server.issuing.answers import Answers
from konbini.ward_server.issuing.card_check import CheckedCard
from konbini.ward_server.issuing.copy import CopiedPerson, ResidentCopy
from konbini.ward_server.issuing.ledger.ledger import Ledger
from konbini.ward_server.issuing.prekeys import Prekeys
from konbini.ward_server.issuing.rules import Household, Person
from konbini.ward_server.issuing.steps import OrderSteps
from konbini.ward_server.issuing.visits import OpenVisits
from konbini.ward_server.residents.dates import to_number
from konbini.ward_server.residents.record import Presence
from konbini.ward_server.settings.settings import Settings, Terms

__all__ = [
    "CheckCard",
    "ClerkCalls",
    "Desk",
    "Form",
    "IndividualNumbers",
    "Now",
    "Question",
    "Reply",
    "Serving",
    "household",
]

_MILLISECONDS = 1000

IndividualNumbers = Callable[[str, bytes], Awaitable[bytes]]
"""Asks the registry for the individual-number part of a resident, by the commitment in the record."""


class CheckCard(Protocol):
    """Checks a card."""

    async def __call__(self, certificate: bytes, moment: int, *, own_machine: bool = False) -> CheckedCard:
        """Check a card's certificate (DER) at a moment (Unix seconds), its revocation too; raises `Refused`."""


class ClerkCalls(Protocol):
    """The clerk, as `issuing` calls it; each may raise `Refused`, `ConnectionError` or `TimeoutError`."""

    async def certify(self, evidence: Evidence) -> Certified:
        """Step 3: prove again who asked, and give the facts to draw."""

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Step 5: read every page back, and sign."""


class Form(Protocol):
    """One template, ready to draw."""

    @property
    def template(self) -> Template:
        """The template."""

    def fits(self, facts: PrintedFacts) -> None:
        """Refuse facts that the form cannot hold: `FORM_OVERFLOW`, `GLYPH_MISSING`."""

    def draw(self, facts: PrintedFacts, *, binding: bytes, seals: Sequence[bytes]) -> bytes:
        """Give the unsigned PDF."""

    def pages(self, facts: PrintedFacts) -> int:
        """Give how many pages the facts take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes back to the kiosk: a kind of message and its body."""

    kind: MessageKind
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One moment, read once for a whole use case."""

    milliseconds: int

    @property
    def seconds(self) -> int:
        """Unix seconds."""
        return to_seconds(self.milliseconds)

    @property
    def japan(self) -> dt.datetime:
        """The same in Japan."""
        return dt.datetime.fromtimestamp(self.milliseconds / _MILLISECONDS, JAPAN)

    @property
    def day(self) -> dt.date:
        """The day in Japan."""
        return self.japan.date()

    @property
    def day_number(self) -> int:
        """The day in Japan as yyyymmdd."""
        return to_number(self.day)

    @property
    def day_began(self) -> int:
        """When the day in Japan began, Unix seconds."""
        return int(self.japan.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())

    @property
    def year_before(self) -> int:
        """When the same day of the year before began in Japan, Unix seconds; of 29 February the 28th."""
        day = self.day
        before = dt.date(day.year - 1, day.month, min(day.day, calendar.monthrange(day.year - 1, day.month)[1]))
        return int(dt.datetime.combine(before, dt.time(), JAPAN).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Now):
    """A moment at which something is asked, with the settings that were in force then.

    One question sees one text of settings from its first step to its last, whatever is decided meanwhile; the next
    question of the same visit sees what is in force then, as it does on the next day.
    """

    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What limits what a kiosk may get now: the outage in force, and the kinds of certificate that two persons hold."""

    outage: Outage | None
    held: frozenset[CertificateKind]

    def check(self, kind: CertificateKind, options: Options) -> None:
        """Refuse what is not issued now.

        Raises:
            Refused: `CHANGED_LOOK_AGAIN`: a menu that is made now does not offer it.
        """
        if self.outage is not None:
            self.outage.check(kind, options)
        if kind in self.held:
            raise Refused(Code.CHANGED_LOOK_AGAIN, "a kind that is held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the use cases hold.

    Attributes:
        ward: the municipality code, which is the ward's name on the wire.
        entry: the ward in the directory.
        in_force: gives the municipality's settings.
        forms: a ready form for each template, by the template's id.
        drawing: bounds how many papers are drawn at once.
        cards: judges what a card signed.
    """

    ward: str
    entry: WardEntry
    in_force: Callable[[], Settings]
    offices: TicketOffices
    register: KioskRegister
    handle_key: bytes
    templates: Sequence[Template]
    forms: Mapping[str, Form]
    copy: ResidentCopy
    ledger: Ledger
    visits: OpenVisits
    prekeys: Prekeys
    answers: Answers
    current: Current
    upkeep: Upkeep
    clock: Clock
    clerk: ClerkCalls
    check_card: CheckCard
    individual_numbers: IndividualNumbers
    drawing: asyncio.Semaphore
    measures: Measures
    traces: Traces
    steps: OrderSteps
    cards: CardJudge = X509_CARDS

    @property
    def settings(self) -> Settings:
        """The municipality's settings, as they are in force."""
        return self.in_force()

    def now(self) -> Question:
        """Read the clock, and what is in force."""
        return Question(milliseconds=self.clock.now(), settings=self.in_force())

    def terms(self, now: Question) -> Terms:
        """Give the municipality's terms of today.

        Raises:
            Refused: `WARD_CLOSED`.
        """
        return now.settings.terms(now.day)

    async def check_serving(self, now: Question, kiosk: str) -> Serving:
        """Refuse outside the hours, while stopped, with a broken feed, and with neither a lease nor an outage.

        A kiosk that is barred, or whose link is, gets nothing either.

        Returns:
            What is served now.

        Raises:
            Refused: `WARD_CLOSED`, `WARD_STOPPED`, the code of what broke the feed, `WARD_NOT_CURRENT`,
                `KIOSK_STOPPED`, `WARD_MAINTENANCE` (two persons hold the whole ward).
        """
        now.settings.check_open(now.japan)
        outage, held = await self.ledger.check_serving(kiosk, self.offices.link_of(kiosk))
        return Serving(outage=outage, held=held)

    def form(self, kind: CertificateKind, now: Now) -> tuple[Template, Form]:
        """Give the template of a kind in force today, and its form.

        Raises:
            Refused: `NOT_OFFERED`.
        """
        template = template_of(kind, self.templates, municipality=self.ward, day=now.day)
        return template, self.forms[template.form]


def household(people: Sequence[CopiedPerson], holder: str) -> Household:
    """Give what the rules see of a household of the copy.

    Raises:
        Refused: `CARD_UNLINKED`: the card's holder has no record.
    """
    seen = [
        Person(
            record=person.signed.record,
            barred=person.barred,
            seal=None if person.seal is None else person.seal.registration,
        )
        for person in people
    ]
    found = next((person for person in seen if person.record.resident == holder), None)
    if found is None:
        raise Refused(Code.CARD_UNLINKED, "a link without a record")
    standing = tuple(person for person in seen if person.record.presence is Presence.PRESENT)
    return Household(holder=found, members=standing)

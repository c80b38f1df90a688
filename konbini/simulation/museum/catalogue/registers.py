"""Published cases in which the copy was not what the register was: 3, 5, 10 and 11."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.clerk import (
    CLERK_BARS,
    CLERK_HANDLES,
    CLERK_HOUSEHOLD,
    CLERK_NEWEST_SEAL,
    CLERK_SCOPE,
)
from konbini.simulation.museum.defences.issuing import (
    BAR_BY_APPLICATION,
    COMPLETION_BARS,
    COMPLETION_HOUSEHOLD,
    HANDLE_NAMES_SOMEBODY,
    HOLDER_IN_HOUSEHOLD,
)
from konbini.simulation.museum.defences.wire import FEED_GAPLESS
from konbini.simulation.museum.mutant import Happening, Mutant, Story, Workload

__all__ = ["ADACHI", "KURE", "MEGURO", "SAITAMA"]

_COPY: Final = "konbini.ward_server.issuing.copy"
_BULK: Final = "konbini.ward_server.residents.bulk"

ADACHI: Final = Mutant(
    number=3,
    name="adachi-2023",
    title="A read that synchronising tears",
    story=Story(
        happened="Adachi, 22 March and 18 April 2023: two residents were handed papers of others. Synchronising the "
        "records raced with issuing. Three error notices (17 January, 22 March, 18 April) had been closed as "
        '"retried, printed OK".',
        fault="The copy keeps what synchronising brought last at hand, to be fresher than its own rows. A household "
        "that is read after something was brought since the visit began is taken from there, whoever it is of.",
        off="A change of anybody's record that arrives between a resident's menu and order: the paper shows the person "
        "whose record was changed.",
        on="The household that was read has not the card's holder in it, the handles name nobody of it; the clerk "
        "looks the holder up for itself and compares handles, household and scope; the completing transaction compares "
        "the household again. A mismatch that the clerk finds stops the ward, and two persons release it with a "
        "reason: a retry closes nothing.",
    ),
    alterations=(
        Alteration(
            module=_COPY,
            before="        self._records = RecordOpener(record_key, municipality)\n",
            after="        self._records = RecordOpener(record_key, municipality)\n"
            "        self._brought: tuple[_Row, ...] = ()\n"
            "        self._before: dict[str, tuple[_Row, ...]] = {}\n",
        ),
        Alteration(
            module=_COPY,
            before="return await self._rows.read(lambda connection: self._feed.holder(connection, card, day))\n",
            after="holder = await self._rows.read(lambda connection: self._feed.holder(connection, card, day))\n"
            "        self._before[holder] = self._brought\n"
            "        return holder\n",
        ),
        Alteration(
            module=_COPY,
            before="        found = await self._rows.read(lambda connection: self._look(connection, resident))\n",
            after="        found = await self._rows.read(lambda connection: self._look(connection, resident))\n"
            "        if self._brought is not self._before.get(resident, self._brought):\n"
            "            found = self._brought  # fresher than what was read\n",
        ),
        Alteration(
            module=_COPY,
            before="""\
                self._sealer.seal(wrapped, place, signed.data),
            ),
        )
""",
            after="""\
                self._sealer.seal(wrapped, place, signed.data),
            ),
        )
        sealed = self._sealer.seal(wrapped, place, signed.data)
        self._brought = (_Row(resident=record.resident, version=record.version, sealed=sealed, wrapped=wrapped),)
""",
        ),
    ),
    defences=(
        HOLDER_IN_HOUSEHOLD,
        HANDLE_NAMES_SOMEBODY,
        CLERK_HANDLES,
        CLERK_HOUSEHOLD,
        CLERK_SCOPE,
        COMPLETION_HOUSEHOLD,
    ),
    workload=Workload(profile="overload", kiosks=8),
)

SAITAMA: Final = Mutant(
    number=5,
    name="saitama-2020",
    title="A link that loses changes",
    story=Story(
        happened="Saitama, Niigata and Kumamoto, 2020 to 2023: seals whose registration had been cancelled were "
        "certified. The link from the residents' register to the copy that certificates are made from had lost the "
        "changes.",
        fault="Of several blocks of the feed that arrive together, the issuing copy applies the last alone, once it "
        "has been filled.",
        off="A registration is cancelled while the copy is behind. The cancellation arrives together with a later "
        "change and is lost; the copy still holds the registration, and the completing transaction, which compares "
        "with the same copy, sees nothing.",
        on="The feed is numbered without gaps and chained, so a block that is missing breaks it, and nothing more is "
        "issued until two persons had the copy re-taken. The clerk follows the feed by itself, and certifies a seal "
        "only where its own index has this registration in force.",
    ),
    alterations=(
        Alteration(
            module=_COPY,
            before="            lambda connection: self._feed.apply("
            "connection, blocks, self._apply_record, self._apply_seal, forget_own),\n",
            after="""\
            lambda connection: self._feed.apply(
                connection,
                blocks[-1:] if position(connection).number else blocks,
                self._apply_record,
                self._apply_seal,
                forget_own,
            ),
""",
        ),
    ),
    defences=(FEED_GAPLESS, CLERK_NEWEST_SEAL),
    workload=Workload(
        profile="overload",
        kiosks=6,
        visits=500,
        seed=3,
        besides=(Happening.FEED_INTERRUPTED, Happening.SEALS_CANCELLED),
    ),
)

MEGURO: Final = Mutant(
    number=10,
    name="meguro-2025",
    title="A bulk release from an old list",
    story=Story(
        happened="Meguro, 16 May 2025: the address of a protected person was disclosed. A list exported in April drove "
        "a bulk release on 14 May, and lifted a protection that had been applied for anew on 8 May.",
        fault="A list is judged by the facts of the moment at which it is entered, and put in force as it was judged "
        "then, however late it is approved.",
        off="The release of the old application lifts what protects the person now, and a member of the household is "
        "handed a paper with their address.",
        on="A release names one application, and every copy keeps each application's bar by itself: the newer one "
        "stands. What the fault takes out, the comparison of every row at the moment of the approval, is the one thing "
        "that would refuse a renewal under the *same* application number; nothing after the registry can know of that.",
    ),
    alterations=(
        Alteration(
            module=_BULK,
            before="        self._pen = pen\n",
            after="        self._pen = pen\n        self._as_entered: dict[str, tuple[Effect, ...]] = {}\n",
        ),
        Alteration(
            module=_BULK,
            before="        _, refused = self._judge(writing, rows)\n",
            after="        self._as_entered[entered.change_id], refused = self._judge(writing, rows)\n",
        ),
        Alteration(
            module=_BULK,
            before="        effects, refused = self._judge(writing, rows)\n        entry = AuditEntry(\n",
            after="        effects: tuple[Effect, ...] = self._as_entered[change_id]\n"
            "        refused: tuple[RefusedRow, ...] = ()\n"
            "        entry = AuditEntry(\n",
        ),
    ),
    defences=(BAR_BY_APPLICATION,),
    workload=Workload(profile="overload", kiosks=6, visits=250, besides=(Happening.OLD_LISTS,)),
)

KURE: Final = Mutant(
    number=11,
    name="kure-2024",
    title="Two copies of one truth",
    story=Story(
        happened="Kure and Kamiamakusa, 2024 and 2025: papers of protected persons were handed out. The flag had been "
        "set in one system and not in the other.",
        fault="Issuing looks at the holds that were set at itself, and not at the measures that the register sends.",
        off="Whoever shares a household with a protected person is handed a paper of it.",
        on="The clerk has an index of its own and looks for itself, and so does the completing transaction. What is "
        "not caught is what nobody set anywhere.",
    ),
    alterations=(
        Alteration(
            module="konbini.ward_server.following.rows",
            before="    def set_local_hold(self, connection: Connection, resident: str, *, in_force: bool) -> bool:\n",
            after="""\
    def held_here(self, connection: Connection, resident: str) -> bool:
        whose = self._hashes.resident(self._municipality, resident)
        found = connection.execute("SELECT 1 FROM local_hold WHERE whose = ? AND in_force = 1", (whose,))
        return found.fetchone() is not None

    def set_local_hold(self, connection: Connection, resident: str, *, in_force: bool) -> bool:
""",
        ),
        Alteration(
            module=_COPY,
            before="                barred=self._feed.barred(connection, row[0]),\n",
            after="                barred=self._feed.held_here(connection, row[0]),\n",
        ),
    ),
    defences=(CLERK_BARS, COMPLETION_BARS),
    workload=Workload(profile="overload", kiosks=6, visits=250),
)

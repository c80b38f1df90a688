"""From a sealed backup to a paper: `konbini ward backup`, `restore`, two persons' word, reconcile, release, issuing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from konbini.process.stores import parse_address
from konbini.protocol.errors import Code, Refused
from konbini.protocol.numbers import IssuanceNumber
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk.kept import KEPT as CLERK
from konbini.ward_server.issuing.kept import KEPT as ISSUING
from konbini.ward_server.keeping.backing_up import BackupTarget, back_up
from konbini.ward_server.keeping.restoring import BackupSource, restore
from konbini.ward_server.residents.kept import KEPT as REGISTRY
from tests.integration.ward_server.following.test_restored import issue
from tests.integration.ward_server.people import ALONE, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward
from tests.places import address

KEPT = {"registry": REGISTRY, "issuing": ISSUING, "clerk": CLERK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """Where backups are kept, and the keys that open them."""

    ward: Ward
    folder: Path
    rows: OpeningKey = field(default_factory=OpeningKey.generate)
    keys: OpeningKey = field(default_factory=OpeningKey.generate)
    shown: dict[str, bytes] = field(default_factory=dict)

    def take(self, process: str) -> None:
        """Back a process's store up while it runs."""
        kept = KEPT[process]
        manifest = back_up(
            kept,
            address(self.ward.place, process),
            self.ward.code,
            rows=BackupTarget(path=self.folder / process, key=self.rows.sealing),
            keys=BackupTarget(path=self._keys(process), key=self.keys.sealing) if kept.keys else None,
            moment=self.ward.clock.now(),
            entropy=SeededEntropy(1),
        )
        self.shown[process] = manifest.digest
        assert "member" not in {table.name for table in manifest.tables}

    async def put_back(self, process: str) -> None:
        """Lose a process's store, restore it from its backup, and start the process on it."""
        kept = KEPT[process]
        await self.ward.stop(process)
        self.ward.place.lose(process)
        await restore(
            kept,
            parse_address(self.ward.place.uri(process), Path()),
            self.ward.code,
            rows=BackupSource(path=self.folder / process, key=self.rows),
            keys=BackupSource(path=self._keys(process), key=self.keys) if kept.keys else None,
            moment=self.ward.clock.now(),
            expected=self.shown[process],
        )
        assert self.said(process) == [(0,)]
        await self.ward.start(process)

    def said(self, process: str) -> list[tuple[int]]:
        """Give what the marks of restorations say."""
        return self.ward.rows(process, "SELECT said FROM restoration")

    def _keys(self, process: str) -> Path:
        return self.folder / f"{process}.keys"


@pytest.fixture
def safe(ward: Ward, tmp_path: Path) -> Safe:
    """Give a place for backups of the ward."""
    return Safe(ward=ward, folder=tmp_path)


def accused(ward: Ward, process: str) -> int:
    """Count how often the registry's memory found a process out."""
    found = {AuditEvent.RESTORATION_FOUND, AuditEvent.CLERK_RESTORATION_FOUND}
    return sum(event in found for event, _code in ward.events(process))


async def refuses(ward: Ward, process: str, word: str) -> None:
    """Have two persons try what waits for their word that the store was restored."""
    with pytest.raises(Refused) as refusal:
        await ward.decide(process, word)
    assert refusal.value.code is Code.CAUSE_STANDS


@pytest.mark.parametrize("forgotten", [False, True], ids=["nothing lost", "papers lost"])
async def test_issuing_from_backup_to_paper(ward: Ward, safe: Safe, forgotten: bool) -> None:  # noqa: FBT001 - a case
    """Stopped from its first moment, accused of nothing, said by two; then in another range, and a paper is issued."""
    first = IssuanceNumber.parse(await issue(ward, HEAD))
    await ward.caught_up()
    safe.take("issuing")
    if forgotten:
        await issue(ward, ALONE)
        await ward.pass_time(6)
    await safe.put_back("issuing")
    assert ward.stops() == {"issuing": Code.WARD_RESTORED, "clerk": None}
    await ward.clock.advance(30)
    assert not ward.desk.current.lease_holds()
    assert (await ward.visit(SPOUSE).open()).code is Code.WARD_STOPPED
    await refuses(ward, "issuing", "release")
    await refuses(ward, "issuing", "retake")
    await ward.decide("issuing", "restored")
    assert safe.said("issuing") == [(1,)]
    await ward.mended("issuing")
    assert await ward.say("issuing", "reconcile") == ["0 differences"]
    await ward.decide("issuing", "release")
    fresh = IssuanceNumber.parse(await issue(ward, SPOUSE))
    assert fresh.incarnation != first.incarnation
    assert accused(ward, "issuing") == 0
    events = [event for event, _code in ward.events("issuing")]
    assert events.count(AuditEvent.ISSUING_REPLACED) == events.count(AuditEvent.STORE_RESTORED) == 1
    await ward.stop("issuing")
    await ward.start("issuing")  # said once, it is not asked again
    await ward.caught_up()
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_clerk_from_backup_to_paper(ward: Ward, safe: Safe) -> None:
    """The same at the clerk, which closes the ranges that it used: `issuing` begins another by the same decision."""
    await issue(ward, HEAD)
    await ward.caught_up()
    safe.take("clerk")
    await safe.put_back("clerk")
    assert ward.stops()["clerk"] is Code.WARD_RESTORED
    await refuses(ward, "clerk", "release")
    for process in ("clerk", "issuing"):
        await ward.decide(process, "restored")
        await ward.mended(process)
        await ward.decide(process, "release")
    assert safe.said("clerk") == [(1,)]
    assert accused(ward, "clerk") == 0
    await issue(ward, SPOUSE)


async def test_a_registry_from_backup_to_paper(ward: Ward, safe: Safe) -> None:
    """A new incarnation when it is put back, and another with two persons' word: both copies are re-taken after it."""
    safe.take("registry")
    before = ward.rows("registry", "SELECT incarnation FROM registry")
    await ward.clock.advance(2)
    await safe.put_back("registry")
    put_back = ward.rows("registry", "SELECT incarnation FROM registry")
    assert put_back > before
    for process in ("issuing", "clerk"):
        await ward.go_on_until(lambda process=process: bool(ward.rows(process, "SELECT 1 FROM feed_break")))  # type: ignore[misc] # bound now
        assert ward.rows(process, "SELECT code, retaking FROM feed_break") == [(Code.REGISTRY_RENEWED, 0)]
    assert (await ward.visit(ALONE).open()).code is Code.REGISTRY_RENEWED
    await ward.decide("registry", "restored")
    assert safe.said("registry") == [(1,)]
    assert ward.rows("registry", "SELECT incarnation FROM registry") > put_back
    for process in ("issuing", "clerk"):
        await ward.decide(process, "retake")
    for process in ("issuing", "clerk"):
        await ward.mended(process)
        assert await ward.say(process, "reconcile") == ["0 differences"]
    assert ward.stops() == {"issuing": None, "clerk": None}
    assert accused(ward, "issuing") == accused(ward, "clerk") == 0
    await issue(ward, ALONE)


async def test_a_copy_that_was_taken_from_a_registry_of_which_nothing_was_said(ward: Ward, safe: Safe) -> None:
    """Re-taken before two persons had spoken at the registry, it is re-taken again after."""
    safe.take("registry")
    await ward.clock.advance(2)
    await safe.put_back("registry")
    for process in ("issuing", "clerk"):
        await ward.go_on_until(lambda process=process: bool(ward.rows(process, "SELECT 1 FROM feed_break")))  # type: ignore[misc] # bound now
        await ward.decide(process, "retake")
    for process in ("issuing", "clerk"):
        await ward.mended(process)
    await ward.decide("registry", "restored")
    for process in ("issuing", "clerk"):
        await ward.go_on_until(lambda process=process: bool(ward.rows(process, "SELECT 1 FROM feed_break")))  # type: ignore[misc] # bound now
        assert ward.rows(process, "SELECT code FROM feed_break") == [(Code.REGISTRY_RENEWED,)]

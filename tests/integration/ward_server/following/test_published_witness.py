"""Both stores restored from backups of one moment while the registry is away: what was published finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbini.commands.publish import publish
from konbini.process.tasks import StandingTasks
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import main as issuing_main
from konbini.ward_server.publishing.publishing import CHECKPOINTS, ISSUERS
from tests.integration.ward_server.following.test_outage import lose_registry
from tests.integration.ward_server.following.test_restored import issue
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

FOLLOWERS = ("clerk", "issuing")
FOUND = {AuditEvent.RESTORATION_FOUND, AuditEvent.CLERK_RESTORATION_FOUND}


def give_witness(ward: Ward, published: Path) -> None:
    """Tell both processes where what was published is kept."""
    paths = f'published = "{published / CHECKPOINTS}"\nissuers = "{published / ISSUERS}"'
    for process in FOLLOWERS:
        config = ward.town.configs / f"{process}.toml"
        text = config.read_text("utf-8")
        config.write_text(text.replace("standby = false", f"standby = false\n{paths}"), "utf-8")


async def start_issuing(ward: Ward) -> None:
    """Start it without the registry, which certifies its message key."""
    config = issuing_config.read_config(ward.town.configs / "issuing.toml")
    serving = issuing_main.serve(config, ward.clock, ward.entropy, StandingTasks())
    ward.desk = await ward._start("issuing", serving)


async def restored_in_an_outage(ward: Ward, published: Path) -> None:
    """Back both stores up, issue, publish, lose the registry, and put both stores back as they were."""
    for process in FOLLOWERS:
        await ward.back_up(process)
    await ward.caught_up()
    await issue(ward, HEAD)
    await ward.pass_time(6)
    assert publish(["--config", str(ward.town.configs / "publishing.toml"), "--out", str(published)], ward.clock) == 0
    await lose_registry(ward)
    for process in FOLLOWERS:
        await ward.stop(process)
        ward.place.restore(process)


def found(ward: Ward) -> list[bool]:
    """Say for each process whether it recorded that it was restored."""
    return [any(event in FOUND for event, _code in ward.events(process)) for process in FOLLOWERS]


async def test_what_was_published_is_a_witness(ward: Ward, tmp_path: Path) -> None:
    """Each stops at its start, and no outage is declared there; said by two, it goes on and is accused no more."""
    give_witness(ward, tmp_path)
    await restored_in_an_outage(ward, tmp_path)
    await ward.start_clerk()
    await start_issuing(ward)
    assert ward.stops() == dict.fromkeys(FOLLOWERS, Code.WARD_RESTORED)
    assert found(ward) == [True, True]
    for process in FOLLOWERS:
        with pytest.raises(Refused) as refusal:
            await ward.decide(process, "outage", "--hours", "2")
        assert refusal.value.code is Code.CAUSE_STANDS
    await ward.start_registry()
    for process in FOLLOWERS:
        await ward.decide(process, "restored")
    for process in FOLLOWERS:
        await ward.mended(process)
        await ward.decide(process, "release")
    await issue(ward, ALONE)
    await ward.stop("clerk")
    await ward.start_clerk()  # the checkpoint is still of the log that ended
    await ward.caught_up()
    assert ward.stops() == dict.fromkeys(FOLLOWERS)


async def test_a_checkpoint_that_is_fetched_before_an_outage(ward: Ward, tmp_path: Path) -> None:
    """Nothing lay there at the start, and nothing was found; declaring the outage asks again."""
    give_witness(ward, tmp_path / "here")
    await restored_in_an_outage(ward, tmp_path)
    await ward.start_clerk()
    await start_issuing(ward)
    assert ward.stops() == dict.fromkeys(FOLLOWERS)
    (tmp_path / "here").mkdir()
    for name in (CHECKPOINTS, ISSUERS):
        (tmp_path / "here" / name).write_bytes((tmp_path / name).read_bytes())
    for process in FOLLOWERS:
        with pytest.raises(Refused) as refusal:
            await ward.decide(process, "outage", "--hours", "2")
        assert refusal.value.code is Code.CAUSE_STANDS
    assert ward.stops() == dict.fromkeys(FOLLOWERS, Code.WARD_RESTORED)
    assert found(ward) == [True, True]


async def test_a_checkpoint_that_somebody_else_signed(ward: Ward, tmp_path: Path) -> None:
    """It stops nothing and starts nothing: the process says what is wrong with the file and does not start."""
    give_witness(ward, tmp_path)
    published = ["--config", str(ward.town.configs / "publishing.toml"), "--out", str(tmp_path)]
    assert publish(published, ward.clock) == 0
    signed = (tmp_path / CHECKPOINTS).read_bytes()
    (tmp_path / CHECKPOINTS).write_bytes(signed[:-1] + bytes([signed[-1] ^ 1]))
    await ward.stop("clerk")
    with pytest.raises(Refused) as refusal:
        await ward.start_clerk()
    assert refusal.value.code is Code.SIGNATURE_INVALID
    await ward.processes.pop("clerk").aclose()

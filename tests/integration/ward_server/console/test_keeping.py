"""What the console keeps: under another lookup key by command, and to its end at the machine's socket."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from konbini.commands.ward import carry_out
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.simulation.passkeys.browser import Browser
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.console.ending import HOLDINGS
from konbini.ward_server.console.rights import Role
from konbini.ward_server.keeping import commands
from konbini.ward_server.keeping.disposal_list import open_list, read_list
from konbini.ward_server.settings.retention import Kept
from konbini.ward_server.storage.key_files import read_keyed_hash
from konbini.ward_server.storage.lookup_key import LookupKeyRefused
from tests.integration.ward_server.console.house import House, open_house
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward
from tests.receivers import ReceiverKey

SIX_YEARS = 6 * 366 * 86_400 * 1000


@pytest.fixture(scope="module")
def receiver_key() -> ReceiverKey:
    """Return who receives."""
    return ReceiverKey.make()


async def filled(house: House, receiver: ReceiverKey) -> dict[str, Browser]:
    """Have people act, look, and enter a disclosure; change staff, and leave a code that waits."""
    people = await house.people(aoki=Role.MAINTENANCE, bando=Role.ENTRY, kansa=Role.AUDIT, chiba=Role.SUPERVISION)
    await people["aoki"].do("stop", process="issuing", reason="訓練")
    await people["bando"].get("/find")
    await people["bando"].post("/find/issuances", resident=HEAD, reason="窓口での申出", matter="令8-12")
    asked = {"resident": HEAD, "matter": "令8-77", "reason": "本人からの開示請求"}
    await people["bando"].do("disclose", certificate=receiver.pem, **asked)
    await house.console.staff.terminal_code("machine", "窓口9")
    return people


async def shown(house: House, kansa: Browser) -> list[str]:
    """Give what an auditor reads that is hidden in the rows."""
    ((act,),) = house.ward.rows("console", "SELECT act_id FROM act WHERE name = 'stop'")
    pages = [(await kansa.get(path)).text for path in (f"/log/acts/{act}", "/log/look-ups")]
    assert "署名された内容は、この記録と一致します" in pages[0]
    return [str(kept.evidence) for kept in await house.console.acts._rows.newest()] + [
        str(await house.console.staff.waiting())
    ]


def rotate(ward: Ward, new: Path, *, approved_by: str = "bando") -> int:
    """Type the command."""
    given = ["rotate-lookup-key", "--process", "console", "--config", str(ward.town.configs / "console.toml")]
    return carry_out([*given, "--new", str(new), "--entered-by", "aoki", "--approved-by", approved_by])


async def test_the_lookup_key_is_rotated_while_the_console_is_stopped(
    ward: Ward, receiver_key: ReceiverKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything is shown as before, passkeys too, and nothing is left under the old key; the old one opens nothing."""
    new = tmp_path / "new.key"
    new.touch(mode=0o600)
    new.write_bytes(bytes(range(32)))
    async with open_house(ward) as house:
        people = await filled(house, receiver_key)
        before = await shown(house, people["kansa"])
        authenticator, terminal = people["kansa"].authenticator, people["kansa"].cookies
        assert await asyncio.to_thread(rotate, ward, new) == 2
    hidden = "SELECT hidden FROM {} ORDER BY hidden"
    tables = ("person", "once_code", "staff_change", "act", "look_up", "disclosure")
    old = {table: set(map(bytes, _column(ward, hidden.format(table)))) for table in tables}
    assert all(old.values())
    assert await asyncio.to_thread(rotate, ward, new, approved_by="aoki") == 1
    assert await asyncio.to_thread(rotate, ward, new) == 0
    assert f"{sum(map(len, old.values()))} made anew" in capsys.readouterr().out
    for table in tables:
        now = set(map(bytes, _column(ward, hidden.format(table))))
        assert (len(now), now & old[table]) == (len(old[table]), set())
    with pytest.raises(LookupKeyRefused):
        async with open_house(ward):
            pass
    config = ward.town.configs / "console.toml"
    config.write_text(config.read_text("utf-8").replace("../keys/console/lookup.key", str(new)), "utf-8")
    async with open_house(ward) as house:
        browser = await house.browser()
        browser.authenticator, browser.cookies = authenticator, terminal
        assert (await browser.sign_in()).place == "/"
        assert await shown(house, browser) == before
        assert "本人からの開示請求" in str(await house_disclosures(house, new))
        told = house.events(AuditEvent.CONSOLE_LOOKUP_KEY_ROTATED)
        assert told == [(AuditEvent.CONSOLE_LOOKUP_KEY_ROTATED, ("aoki", "bando"), 0)]


async def house_disclosures(house: House, key: Path) -> list[str]:
    """Open the disclosures with a key."""
    hashes = read_keyed_hash(key)
    rows = house.ward.rows("console", "SELECT disclosure_id, hidden FROM disclosure")
    return [hashes.reveal("disclosure", one.encode(), bytes(hidden)).decode(errors="replace") for one, hidden in rows]


def _column(ward: Ward, query: str) -> list[bytes]:
    return [value for (value,) in ward.rows("console", query)]


async def test_a_row_that_is_not_what_was_hidden_leaves_everything_as_it_was(
    ward: Ward, receiver_key: ReceiverKey, tmp_path: Path
) -> None:
    """One transaction: the console starts again with the key that it had."""
    new = tmp_path / "new.key"
    new.touch(mode=0o600)
    new.write_bytes(bytes(range(32)))
    async with open_house(ward) as house:
        await filled(house, receiver_key)
    ward.write("console", "UPDATE person SET hidden = handle WHERE person = 'kansa'")
    before = _column(ward, "SELECT hidden FROM act UNION ALL SELECT hidden FROM disclosure")
    assert await asyncio.to_thread(rotate, ward, new) == 1
    assert _column(ward, "SELECT hidden FROM act UNION ALL SELECT hidden FROM disclosure") == before
    async with open_house(ward):
        pass


class Machine:
    """Somebody at the machine itself."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward

    async def say(self, *words: str, operator: str = "aoki") -> list[str]:
        """Type a command of retention at the console's socket."""
        parser = argparse.ArgumentParser()
        commands.add_commands(parser.add_subparsers(required=True))
        command, *rest = words
        socket = str(self.ward.town.run / "console.sock")
        read = parser.parse_args([command, "--socket", socket, "--operator", operator, *rest])
        said: list[str] = []
        saying = asyncio.create_task(commands.carry_out(read, said.append))
        await self.ward.go_on_until(saying.done)
        saying.result()
        return said


async def test_what_is_left_of_staff_ends_at_the_machine_by_two_persons(
    ward: Ward, receiver_key: ReceiverKey, tmp_path: Path
) -> None:
    """Judged by the console's own settings, entered by one, approved by another, listed under the console's own key."""
    machine = Machine(ward)
    async with open_house(ward) as house:
        await filled(house, receiver_key)
    ward.clock.set_wall(ward.clock.now() + SIX_YEARS)
    async with AsyncExitStack() as ending:
        house = await ending.enter_async_context(open_house(ward))
        judged = AuditEvent.CONSOLE_RETENTION_JUDGED
        await ward.go_on_until(lambda: len(house.events(judged)) == 2 * len(HOLDINGS))
        due = await machine.say("retention")
        assert due[0].startswith("staff  1 due")
        (entered,) = await machine.say("dispose", "staff")
        with pytest.raises(Refused) as refusal:
            await machine.say("approve-disposal", entered)
        assert refusal.value.code is Code.SAME_PERSON
        assert await machine.say("approve-disposal", entered, operator="bando") == ["destroyed 1, left 0"]
        assert ward.rows("console", "SELECT 1 FROM once_code") == []
        assert ward.rows("console", "SELECT 1 FROM look_up") == [(1,)]
        listed = tmp_path / "disposals"
        assert await machine.say("disposals", "--out", str(listed)) == ["1 entries"]
        key = SigningKey.from_pem((ward.town.keys / "console/disposals.key").read_bytes()).verifying
        (entry,) = open_list(read_list(listed.read_bytes()), key, ward.code)
        assert (entry.kept, entry.operators) == (Kept.STAFF, ("aoki", "bando"))
        wanted = (AuditEvent.CONSOLE_DISPOSAL_APPROVED, AuditEvent.CONSOLE_DISPOSED, AuditEvent.CONSOLE_DISPOSAL_DONE)
        assert [event for event, _operators, _code in house.events(*wanted)] == list(wanted)

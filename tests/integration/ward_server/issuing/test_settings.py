"""Settings are changed by two persons at a running process, stay in force over its restarts, and stop nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from konbini.commands.main import main as konbini
from konbini.process.config import ConfigRefused
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.settings.kept.versions import digest_of
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

TAKEN_AND_CHANGED = (AuditEvent.ISSUING_SETTINGS_TAKEN, AuditEvent.ISSUING_SETTINGS_CHANGED)


def file_of(ward: Ward) -> Path:
    """Give the settings file."""
    return ward.town.configs / "ward.toml"


async def entered(ward: Ward, text: str, process: str = "issuing", operator: str = "aoki") -> str:
    """Enter a text, and give the decision's id."""
    path = ward.town.root / "entered.toml"
    path.write_text(text, "utf-8")
    words = ("change-settings", "--file", str(path), "--reason", "a test")
    (decision,) = await ward.say(process, *words, operator=operator)
    return decision


async def test_an_open_visit_looks_again_and_a_restart_changes_nothing(ward: Ward) -> None:
    """The next question reads what is in force; the order of the old fee is refused, the new menu has the new one."""
    before = file_of(ward).read_text("utf-8")
    after = before.replace("yen = 200", "yen = 250")
    visit = ward.visit(HEAD)
    visit.admit()
    body = visit.open_body()
    await visit.send_open(body)
    for process in ("clerk", "issuing"):
        await ward.change_settings(process, "yen = 200", "yen = 250")
    assert (await visit.order()).code is Code.CHANGED_LOOK_AGAIN
    await visit.send_open(body)
    assert (await visit.order()).given_document.fee == 250
    recorded = [one for one in ward.audit("issuing") if one.event in TAKEN_AND_CHANGED]
    assert [(one.event, one.operators, one.digest) for one in recorded] == [
        (AuditEvent.ISSUING_SETTINGS_TAKEN, (), digest_of(before)),
        (AuditEvent.ISSUING_SETTINGS_CHANGED, ("aoki", "bando"), digest_of(after)),
    ]
    await ward.stop("issuing")
    await ward.start("issuing")
    await ward.caught_up()
    again = ward.visit(ALONE, ward.kiosk("K-0002"))
    await again.open()
    assert (await again.order()).given_document.fee == 250
    assert ward.rows("issuing", "SELECT fee FROM issuance WHERE state = 2 ORDER BY number") == [(250,), (250,)]


async def test_what_was_in_force_stays_readable_and_going_back_is_another_change(ward: Ward, tmp_path: Path) -> None:
    """Version 1 is the file, 2 the change, 3 says again what 1 said."""
    before = file_of(ward).read_text("utf-8")
    await ward.change_settings("clerk", "yen = 200", "yen = 250")
    await ward.change_settings("clerk", "yen = 250", "yen = 200")
    listed = [line.split()[:2] for line in await ward.say("clerk", "settings")]
    changed = digest_of(before.replace("yen = 200", "yen = 250")).hex()
    assert listed == [["3", digest_of(before).hex()], ["2", changed], ["1", digest_of(before).hex()]]
    out = tmp_path / "out.toml"
    await ward.say("clerk", "settings-text", "--number", "2", "--out", str(out))
    assert out.read_text("utf-8") == before.replace("yen = 200", "yen = 250")
    with pytest.raises(Refused) as refusal:
        await ward.say("clerk", "settings-text", "--number", "4", "--out", str(out))
    assert refusal.value.code is Code.CHANGE_UNKNOWN


async def test_each_refusal(ward: Ward) -> None:
    """Own approval; another version in force by then; nothing changed; another municipality; a text that is wrong."""
    text = file_of(ward).read_text("utf-8")
    first = await entered(ward, text.replace("yen = 200", "yen = 250"))
    second = await entered(ward, text.replace("yen = 200", "yen = 300"))
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", first)
    assert refusal.value.code is Code.SAME_PERSON
    await ward.say("issuing", "agree", first, operator="bando")
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", second, operator="bando")
    assert refusal.value.code is Code.CHANGED_MEANWHILE
    for wrong in (text.replace("yen = 200", "yen = 250"), text.replace(ward.code, "131016")):
        with pytest.raises(Refused) as refusal:
            await entered(ward, wrong)
        assert refusal.value.code is Code.CHANGE_INVALID
    with pytest.raises(Refused, match=r"entered\.toml: \[\[fees\]\] 1 yen: at most 100000 \(line \d+\)"):
        await entered(ward, text.replace("yen = 200", "yen = 200000"))
    with pytest.raises(Refused, match=r"entered\.toml: longer than 24576 bytes or 1000 lines"):
        await entered(ward, text + "# filled\n" * 3000)
    assert ward.rows("issuing", "SELECT max(number) FROM settings_version") == [(2,)]


async def test_one_operator_does_not_fill_the_list(ward: Ward) -> None:
    """Each waiting change holds a whole text: the fifth is refused until one is declined."""
    text = file_of(ward).read_text("utf-8")
    waiting = [await entered(ward, text.replace("yen = 200", f"yen = {yen}")) for yen in (1, 2, 3, 4)]
    with pytest.raises(Refused) as refusal:
        await entered(ward, text.replace("yen = 200", "yen = 5"))
    assert refusal.value.code is Code.BUSY
    await ward.say("issuing", "decline", waiting[0])
    await entered(ward, text.replace("yen = 200", "yen = 5"))


async def test_a_file_that_says_something_else_stops_the_start(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    """Until it says what was in force at some time, or two persons take it while the process is stopped."""
    text = file_of(ward).read_text("utf-8")
    await ward.change_settings("issuing", "yen = 200", "yen = 250")
    await ward.stop("issuing")
    file_of(ward).write_text(text.replace("yen = 200", "yen = 1"), "utf-8")
    with pytest.raises(ConfigRefused, match=r"ward\.toml: not what was in force here .* is version 2"):
        await ward.start("issuing")
    ward.processes.pop("issuing")
    file_of(ward).write_text(text, "utf-8")
    await ward.start("issuing")
    assert {fee.yen for fee in ward.desk.settings.fees} >= {250}
    await ward.stop("issuing")
    file_of(ward).write_text(text.replace("yen = 200", "yen = 1"), "utf-8")
    config = str(ward.town.configs / "issuing.toml")
    words = ["ward", "take-settings", "--process", "issuing", "--config", config, "--entered-by", "aoki"]
    assert await asyncio.to_thread(konbini, [*words, "--approved-by", "aoki"]) == 1
    assert await asyncio.to_thread(konbini, [*words, "--approved-by", "bando"]) == 0
    assert "version 3 is in force" in capsys.readouterr().out
    await ward.start("issuing")
    assert {fee.yen for fee in ward.desk.settings.fees} >= {1}
    taken = [one.operators for one in ward.audit("issuing") if one.event is AuditEvent.ISSUING_SETTINGS_TAKEN]
    assert taken == [(), ("aoki", "bando")]


async def test_settings_that_differ_between_processes_stop_nobody(ward: Ward) -> None:
    """What the clerk's settings forbid and issuing's allow is not signed; the number is void, and both go on."""
    await ward.change_settings(
        "clerk",
        'kind = "RESIDENT_RECORD"\nunder_age = 15',
        'kind = "RESIDENT_RECORD"\nunder_age = 15\nends = 2026-11-19',
    )
    visit = ward.visit(HEAD)
    await visit.open()
    assert (await visit.order()).code is Code.NOT_OFFERED
    assert ward.stops() == {"issuing": None, "clerk": None}
    assert [code for _state, code in ward.issuances()] == [Code.NOT_OFFERED]
    await ward.change_settings("clerk", "\nends = 2026-11-19", "")
    other = ward.visit(ALONE, ward.kiosk("K-0002"))
    await other.open()
    assert (await other.order()).document is not None


async def test_the_registry_keeps_its_own(ward: Ward) -> None:
    """Terms of retention change there alone."""
    await ward.change_settings("registry", "years = 150", "years = 80")
    numbers = {name: ward.rows(name, "SELECT max(number) FROM settings_version") for name in ("registry", "issuing")}
    assert numbers == {"registry": [(2,)], "issuing": [(1,)]}
    changed = [one for one in ward.audit("registry") if one.event is AuditEvent.REGISTRY_SETTINGS_CHANGED]
    assert [one.operators for one in changed] == [("aoki", "bando")]

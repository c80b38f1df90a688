"""Acts with two persons: shown first, confirmed by a passkey over the very act, carried out once, kept as evidence."""

from __future__ import annotations

import re

from konbini.protocol.errors import Code
from konbini.simulation.passkeys.browser import Browser
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.console.rights import Role
from konbini.ward_server.console.staff import StaffChange, StaffKind
from tests.integration.ward_server.console.house import BEGINS, ENDS, FIRST, House, waiting_id
from tests.integration.ward_server.people import HEAD

DAY = "2026-11-20"
MEASURE = {"name": "S-2026-0100", "category": "stalking", "planned_end": "2027-11-19", "effective": DAY, "seen": "0"}


async def _counter(house: House) -> tuple[Browser, Browser]:
    """Give one who enters and one who approves."""
    people = await house.people(aoki=Role.ENTRY, bando=Role.APPROVAL)
    return people["aoki"], people["bando"]


async def test_a_measure_is_set_by_two_persons(house: House) -> None:
    """Entered, listed, shown whole, approved; in force at the copy when the page says done; evidence of both."""
    aoki, bando = await _counter(house)
    before = len(house.ward.rows("issuing", "SELECT in_force FROM bar"))
    preview = await aoki.prepare("measure-set", resident=HEAD, reason="支援措置申出書", **MEASURE)
    assert "S-2026-0100" in preview.text
    change = waiting_id(await aoki.confirm("measure-set", preview))
    listed = await bando.get("/changes")
    assert change in listed.text
    shown = await bando.prepare("approve", change=change, reason="申出書を確認")
    assert "stalking" in shown.text
    done = await house.finished(bando, "approve", shown)
    assert "実行しました" in done.text
    assert len(house.ward.rows("issuing", "SELECT in_force FROM bar")) == before + 1
    confirmed = house.events(AuditEvent.ACT_CONFIRMED, AuditEvent.ACT_DONE)
    assert [(event, persons) for event, persons, _code in confirmed] == [
        (AuditEvent.ACT_CONFIRMED, ("aoki",)),
        (AuditEvent.ACT_DONE, ("aoki",)),
        (AuditEvent.ACT_CONFIRMED, ("bando",)),
        (AuditEvent.ACT_DONE, ("bando",)),
    ]


async def test_nobody_approves_their_own_entry(house: House) -> None:
    """Whoever has both roles meets the registry's refusal, on a page that says so; nothing is in force."""
    await house.first()
    await house.second()
    aoki = await house.person("aoki", Role.ENTRY, Role.APPROVAL)
    before = house.ward.rows("issuing", "SELECT in_force FROM bar")
    change = waiting_id(await aoki.do("measure-set", resident=HEAD, reason="支援措置申出書", **MEASURE))
    assert f"/act/approve?change={change}" not in (await aoki.get("/changes")).text
    refused = await aoki.do("approve", change=change, reason="確認")
    assert "ご自分が入力したものは承認できません" in refused.text
    assert house.ward.rows("issuing", "SELECT in_force FROM bar") == before
    assert house.events(AuditEvent.ACT_REFUSED) == [(AuditEvent.ACT_REFUSED, ("aoki",), Code.SAME_PERSON)]


async def test_a_version_that_is_old_is_refused(house: House) -> None:
    """Two holds of one name are prepared on the same facts: the second approval changes nothing."""
    aoki, bando = await _counter(house)
    first, second = [
        waiting_id(await aoki.do("hold-set", resident=HEAD, name="H-1", effective=DAY, seen="0", reason="届出"))
        for _ in range(2)
    ]
    shown = await bando.prepare("approve", change=second, reason="確認")
    await house.finished(bando, "approve", await bando.prepare("approve", change=first, reason="確認"))
    refused = await house.finished(bando, "approve", shown)
    assert "その間に内容が変わりました" in refused.text
    assert Code.CHANGED_MEANWHILE.name in refused.text


async def test_an_act_is_carried_out_once(house: House) -> None:
    """A second click, a second tab and the back button find the same page, and do nothing again."""
    aoki, _bando = await _counter(house)
    preview = await aoki.prepare("hold-set", resident=HEAD, name="H-2", effective=DAY, seen="0", reason="届出")
    place = re.search(r'action="(/act/hold-set/[0-9a-f]+)"', preview.text)
    assert place is not None
    answer = aoki.authenticator.get(preview.options)
    for _ in range(2):
        assert (await aoki.post(place[1], answer=answer)).place == place[1]
    again = await aoki.get(place[1])
    assert "実行しました" in again.text
    assert "data-passkey" not in again.text
    assert len(house.ward.rows("registry", "SELECT change_id FROM change WHERE state = 1")) == 1
    assert len(house.events(AuditEvent.ACT_CONFIRMED)) == 1


async def test_an_act_that_was_confirmed_elsewhere_is_not_done(house: House) -> None:
    """Another person's passkey, one without verification, an answer to another act: refused, and the act waits."""
    aoki, bando = await _counter(house)
    preview = await aoki.prepare("hold-set", resident=HEAD, name="H-3", effective=DAY, seen="0", reason="届出")
    other = await aoki.prepare("hold-set", resident=HEAD, name="H-4", effective=DAY, seen="0", reason="届出")
    place = re.search(r'action="(/act/hold-set/[0-9a-f]+)"', preview.text)
    assert place is not None
    of_another = re.sub(r'"allowCredentials": \[[^]]*\]', '"allowCredentials": []', preview.options)
    unverified = aoki.authenticator.copy()
    unverified.is_verified = False
    for answer in (
        bando.authenticator.get(of_another),
        unverified.get(preview.options),
        aoki.authenticator.get(other.options),
        "{}",
    ):
        assert Code.PASSKEY_REFUSED.name in (await aoki.post(place[1], answer=answer)).text
    assert house.events(AuditEvent.ACT_CONFIRMED) == []
    assert Code.ACT_UNKNOWN.name in (await bando.get("/act/approve/0000000000000000")).text
    done = await aoki.confirm("hold-set", await aoki.get(place[1]))
    assert "実行しました" in done.text


async def test_whoever_may_not_is_refused_and_recorded(house: House) -> None:
    """Entry does not approve; the page that says so is one of theirs, with what the manual says of it."""
    aoki, _bando = await _counter(house)
    refused = await aoki.get("/act/approve")
    assert refused.status == 403
    assert "この操作の権限がありません" in refused.text
    for place in ('href="/manual#c1401"', 'action="/lock"', 'href="/changes"'):
        assert place in refused.text
    assert house.events(AuditEvent.REQUEST_REFUSED) == [(AuditEvent.REQUEST_REFUSED, ("aoki",), Code.RIGHT_MISSING)]


async def test_the_ward_is_stopped_by_one_and_released_by_two(house: House) -> None:
    """The live page says so at once, and that it is over."""
    people = await house.people(aoki=Role.MAINTENANCE, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    assert "実行しました" in (await aoki.do("stop", process="issuing", reason="訓練")).text
    await house.ward.clock.advance(2)
    assert "交付を停止しています" in (await bando.get("/")).text
    entered = await aoki.do("release", process="issuing", reason="訓練の終わり")
    decision = waiting_id(entered)
    assert "実行しました" in (await bando.do("agree", process="issuing", decision=decision, reason="確認")).text
    assert house.ward.stops()["issuing"] is None


async def test_what_a_decision_does_not_hold_is_refused_by_its_field(house: House) -> None:
    """An outage of more hours than there may be, a switch that is neither: an invalid form, and no defect."""
    aoki = (await house.people(aoki=Role.SUPERVISION))["aoki"]
    for act, form in (("outage", {"hours": "999"}), ("seals-as-holds", {"switch": "maybe"})):
        refused = await aoki.prepare(act, process="issuing", reason="訓練", **form)
        assert (refused.status, Code.CHANGE_INVALID.name in refused.text) == (400, True), act


async def test_a_reason_is_a_line_as_people_write_it(house: House) -> None:
    """With a full-width space; no second line, and nothing that shows nothing."""
    first = await house.first()
    for reason, status in (("増設　窓口2", 303), ("増設\n窓口2", 400), ("増設\u202e窓口2", 400), ("　", 400)):
        form = {"token": first.token, "place": "本庁　窓口2", "reason": reason}
        assert (await first.ask("POST", "/act/terminal-code", form)).status == status, reason


async def test_an_act_belongs_to_the_session_that_prepared_it(house: House) -> None:
    """After signing in again nobody sees it, its outcome with a code's half included, nor confirms it."""
    await house.first()
    second = await house.second()
    change = StaffChange(
        kind=StaffKind.ENROL, person="chiba", name="千葉", roles=(Role.ENTRY,), begins=BEGINS, ends=ENDS
    )
    change_id, _half = await house.console.staff.enter(FIRST, change)
    preview = await second.prepare("agree-staff", staff_change=change_id, reason="確認")
    place = re.search(r'action="(/act/agree-staff/[0-9a-f]+)"', preview.text)
    assert place is not None
    answer = second.authenticator.get(preview.options)
    assert (await second.sign_in()).place == "/"
    assert Code.ACT_UNKNOWN.name in (await second.get(place[1])).text
    assert Code.ACT_UNKNOWN.name in (await second.post(place[1], answer=answer)).text
    assert house.events(AuditEvent.ACT_CONFIRMED) == []


async def test_one_person_does_not_keep_the_others_from_acting(house: House) -> None:
    """Whoever leaves acts without end unconfirmed is busy alone."""
    first = await house.first()
    second = await house.second()
    statuses = [await _left_waiting(first) for _ in range(33)]
    assert statuses == [*[303] * 32, 429]
    assert await _left_waiting(second) == 303


async def _left_waiting(browser: Browser) -> int:
    """Prepare an act and confirm nothing."""
    form = {"token": browser.token, "place": "窓口2", "reason": "増設"}
    return (await browser.ask("POST", "/act/terminal-code", form)).status

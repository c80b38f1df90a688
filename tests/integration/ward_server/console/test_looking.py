"""Looking at residents: with a reason, recorded, flagged, and closed by somebody else."""

from __future__ import annotations

from konbini.protocol.errors import Code
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.console.looking import Flag
from konbini.ward_server.console.rights import Role
from tests.integration.ward_server.console.house import House
from tests.integration.ward_server.people import HEAD


def _flags(house: House) -> list[Flag]:
    rows = house.ward.rows("console", "SELECT flags FROM look_up ORDER BY log_index")
    return [Flag(flags) for (flags,) in rows]


async def test_a_look_up_is_recorded_here_and_there(house: House) -> None:
    """Whose, and why, stands hidden; without a reason nobody looks."""
    aoki = (await house.people(aoki=Role.ENTRY))["aoki"]
    await aoki.get("/find")
    assert Code.CHANGE_INVALID.name in (await aoki.post("/find/record", resident=HEAD, reason="")).text
    page = await aoki.post("/find/record", resident=HEAD, reason="窓口での申出", matter="令8-12")
    assert page.status == 200
    assert "世帯主" in page.text
    await aoki.post("/find/issuances", resident=HEAD, reason="窓口での申出", matter="令8-12")
    assert _flags(house) == [Flag(0), Flag(0)]
    ((hidden,), _second) = house.ward.rows("console", "SELECT hidden FROM look_up ORDER BY log_index")
    assert HEAD.encode() not in bytes(hidden)
    assert [one.operators for one in house.ward.audit("registry") if one.event is AuditEvent.RECORD_LOOKED_UP][-1] == (
        "aoki",
    )
    assert (AuditEvent.ISSUANCES_SHOWN, 0) in house.ward.events("issuing")


async def test_what_should_be_asked_about_is_flagged(house: House) -> None:
    """Without a number of the matter, out of hours, in numbers; and closed by another with a remark."""
    people = await house.people(aoki=Role.SUPERVISION, kansa=Role.AUDIT)
    aoki, kansa = people["aoki"], people["kansa"]
    await aoki.get("/find")
    await aoki.post("/find/record", resident=HEAD, reason="確認")
    for _ in range(20):
        await aoki.post("/find/record", resident=HEAD, reason="確認", matter="令8-12")
    house.ward.clock.set_wall(house.ward.clock.now() + 8 * 3600 * 1000)
    await aoki.get("/find")
    await aoki.post("/find/record", resident=HEAD, reason="確認", matter="令8-12")
    assert _flags(house) == [Flag.NO_MATTER, *[Flag(0)] * 19, Flag.IN_NUMBERS, Flag.OUT_OF_HOURS]
    ((look,), *_rest) = house.ward.rows("console", "SELECT log_index FROM look_up WHERE flags > 0 ORDER BY log_index")
    await aoki.get("/log/look-ups")
    assert Code.SAME_PERSON.name in (await aoki.post("/log/look-ups", look=str(look), remark="問題なし")).text
    house.ward.clock.set_wall(house.ward.clock.now() - 8 * 3600 * 1000)
    await kansa.sign_in()
    page = await kansa.get("/log/look-ups")
    assert HEAD not in page.text
    assert (await kansa.post("/log/look-ups", look=str(look), remark="本人に確認")).place == "/log/look-ups"
    closed = house.ward.rows("console", "SELECT closed_by, remark FROM look_up WHERE closed_at > 0")
    assert closed == [("kansa", "本人に確認")]


async def test_whoever_reads_no_resident_sees_none(house: House) -> None:
    """Maintenance sees that a hold waits, not of whom; what differs, and of whom, supervision alone is offered."""
    people = await house.people(aoki=Role.ENTRY, hoshu=Role.MAINTENANCE, kanto=Role.SUPERVISION)
    await people["aoki"].do("hold", process="issuing", resident=HEAD, reason="縮退運用の訓練")
    page = await people["hoshu"].get("/decisions")
    assert "縮退運用の訓練" in page.text
    assert HEAD not in page.text
    assert HEAD in (await people["aoki"].get("/decisions")).text
    for name, person in people.items():
        offered = 'action="/differences"' in (await person.get("/decisions")).text
        assert offered is (name == "kanto"), name

"""A kiosk's day counted three ways: what differs is a case, which only a settled day closes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from konbini.protocol.accounts import CenterCounts, DayFigures, KioskCount, day_of
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.days import JUDGED_DAYS, SILENT_DAYS, DayJudge, Days
from tests.integration.ward_server.issuing.test_mismatches import issued
from tests.integration.ward_server.kiosk import Visit
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import NOON, Ward

TODAY = day_of(int(NOON.timestamp()))
A_DAY = 24 * 60
DIFFERS = (AuditEvent.COUNT_DIFFERS.name, "K-0001")


def figures(ward: Ward, **counted: int) -> DayFigures:
    """Give the figures of the first kiosk's day; nothing was counted where nothing is said."""
    none = dict.fromkeys(("visits", "cancelled", "printed", "void", "jam", "in_doubt", "taken", "returned", "owed"), 0)
    return DayFigures(kiosk="K-0001", ward=ward.code, day=TODAY, **(none | counted))


async def counted(ward: Ward, *kiosks: KioskCount, key: SigningKey | None = None, day: int = TODAY) -> None:
    """Have the center tell its counts of the day."""
    counts = CenterCounts(ward=ward.code, day=day, kiosks=kiosks)
    await Days(ward.desk).take_counts(counts.sign(key or ward.center.key))


async def judged(ward: Ward) -> list[tuple[str, int, str]]:
    """Have the days judged, and give how they stand: kiosk, state, what differs."""
    await DayJudge(ward.desk, ward.clock).judge()
    return [tuple(row) for row in ward.rows("issuing", "SELECT kiosk, state, differences FROM day_account")]


async def a_day(ward: Ward) -> Visit:
    """Print one paper, give one up, and let the night pass."""
    visit, told = await issued(ward, HEAD)
    await visit.printed(told)
    await visit.settle(visit.receipt(Outcome.CANCELLED, ordinal=2, taken=100, returned=100), 2)
    await visit.settle(visit.goodbye(), ordinal=0)
    await ward.set_clock(A_DAY)
    return visit


ONE_AND_ONE = {"visits": 1, "printed": 1, "cancelled": 1, "taken": 300, "returned": 100}
SEEN = KioskCount(kiosk="K-0001", ordered=1, finished=1)


async def test_a_day_that_agrees(ward: Ward) -> None:
    """Kiosk, center and ledger say the same: nothing is opened."""
    visit = await a_day(ward)
    assert await judged(ward) == []  # nobody has spoken yet
    first = await visit.tell_day(figures(ward, **ONE_AND_ONE))
    assert await visit.tell_day(figures(ward, **ONE_AND_ONE)) != first  # signed anew is another message
    assert ward.audit("issuing")[first.log_index].event is AuditEvent.DAY_FIGURES_TAKEN
    assert await judged(ward) == []
    await counted(ward, SEEN)
    assert await judged(ward) == [("K-0001", 1, "")]
    assert ward.cases() == []


@pytest.mark.parametrize(
    ("said", "center", "what"),
    [
        (ONE_AND_ONE | {"printed": 2}, SEEN, "printed: kiosk 2, ledger 1"),
        (ONE_AND_ONE | {"taken": 500}, SEEN, "taken: kiosk 500, ledger 300"),
        (ONE_AND_ONE | {"owed": 1}, SEEN, "owed: kiosk 1, ledger 0"),
        (ONE_AND_ONE | {"visits": 2}, SEEN, "visits: kiosk 2, ledger 1"),
        (ONE_AND_ONE, replace(SEEN, ordered=0, finished=0), "ordered: center 0, ledger 1"),
        (ONE_AND_ONE, replace(SEEN, ordered=2), "visits: center 2 with an order, ledger 1"),
    ],
)
async def test_what_differs_is_a_case(ward: Ward, said: dict[str, int], center: KioskCount, what: str) -> None:
    """Named in words, once however often it is judged."""
    visit = await a_day(ward)
    await visit.tell_day(figures(ward, **said))
    await counted(ward, center)
    for _ in range(2):
        assert await judged(ward) == [("K-0001", 2, what)]
        assert ward.cases() == [DIFFERS]
    (line,) = await ward.say("issuing", "days", "--since", str(TODAY))
    assert "differs" in line
    assert line.endswith(what)


async def test_a_paper_that_never_passed_the_center(ward: Ward) -> None:
    """Issued here and unknown there, or settled there and open here: each is found."""
    await issued(ward, HEAD)
    await ward.set_clock(A_DAY)
    await counted(ward, SEEN)
    visit = ward.visit(ALONE)
    await visit.tell_day(figures(ward, visits=1))
    assert await judged(ward) == [("K-0001", 2, "not settled: center 0, ledger 1")]


async def test_only_a_settled_day_closes_its_case(ward: Ward) -> None:
    """Not a finding alone; two persons settle the day, and the same difference opens nothing again."""
    visit = await a_day(ward)
    await visit.tell_day(figures(ward, **(ONE_AND_ONE | {"taken": 500})))
    await counted(ward, SEEN)
    await judged(ward)
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "close-case", "1", "--reason", "retried and printed")
    assert refusal.value.code is Code.CAUSE_STANDS
    await ward.decide("issuing", "settle-day", "K-0001", str(TODAY))
    assert ward.cases() == []
    assert (await judged(ward))[0][1] == 3
    assert ward.cases() == []
    (settled,) = [entry for entry in ward.audit("issuing") if entry.event is AuditEvent.DAY_SETTLED]
    assert settled.operators == ("aoki", "bando")
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "settle-day", "K-0001", str(TODAY), "--reason", "again")
    assert refusal.value.code is Code.CHANGE_INVALID
    await visit.tell_day(figures(ward, **(ONE_AND_ONE | {"taken": 700})))
    assert (await judged(ward))[0][1] == 2
    assert ward.cases() == [DIFFERS]


async def test_a_day_that_agrees_later(ward: Ward) -> None:
    """What was late came: the day agrees, its case stays open until two persons close it."""
    visit = await a_day(ward)
    await visit.tell_day(figures(ward, **(ONE_AND_ONE | {"taken": 500})))
    await counted(ward, SEEN)
    await judged(ward)
    await visit.tell_day(figures(ward, **ONE_AND_ONE))
    assert await judged(ward) == [("K-0001", 1, "")]
    assert ward.cases() == [DIFFERS]
    await ward.decide("issuing", "close-case", "1")
    assert ward.cases() == []


async def test_whoever_says_nothing_is_asked_after(ward: Ward) -> None:
    """Some days later the silence is the difference: of the kiosk, and of the center."""
    await a_day(ward)
    await ward.set_clock((SILENT_DAYS - 1) * A_DAY)
    assert await judged(ward) == []
    await ward.set_clock(A_DAY)
    assert await judged(ward) == [("K-0001", 2, "no figures of the kiosk; no counts of the center")]


async def test_a_center_that_makes_up_kiosks_fills_no_list(ward: Ward) -> None:
    """Of thousands a few are differences; a kiosk twice, and a day that nobody judges, are no counts."""
    made_up = [KioskCount(kiosk=f"X-{number:05d}", ordered=1, finished=1) for number in range(5000)]
    await counted(ward, *made_up, SEEN)
    with pytest.raises(Refused, match="twice"):
        await counted(ward, SEEN, SEEN)
    with pytest.raises(Refused, match="not judged"):
        await counted(ward, SEEN, day=20990101)
    await ward.set_clock((SILENT_DAYS + 1) * A_DAY)
    assert [kiosk for kiosk, _state, _what in await judged(ward)] == [
        "K-0001",
        *[f"X-{number:05d}" for number in range(8)],
    ]
    await ward.set_clock(JUDGED_DAYS * A_DAY)
    with pytest.raises(Refused, match="not judged"):
        await counted(ward, SEEN)


async def test_who_may_say_what(ward: Ward) -> None:
    """Counts that the center did not sign, figures of another kiosk, of another day than outside, of no day."""
    visit = await a_day(ward)
    with pytest.raises(Refused) as refusal:
        await counted(ward, SEEN, key=SigningKey.generate())
    assert refusal.value.code is Code.SIGNATURE_INVALID
    mine = figures(ward, **ONE_AND_ONE)
    for other, day in ((replace(mine, kiosk="K-0002"), None), (mine, TODAY + 1), (replace(mine, day=20261399), None)):
        with pytest.raises(Refused):
            await visit.tell_day(other, day=day)
    assert ward.rows("issuing", "SELECT 1 FROM day_figures") == []


async def test_figures_of_days_and_months(ward: Ward) -> None:
    """Papers and yen by day, kiosk and kind, as CSV; nobody is named, and no months are mixed."""
    await a_day(ward)
    shown = await ward.say("issuing", "figures", str(TODAY), str(TODAY))
    assert shown[0] == "day,kiosk,kind,printed,fees,returned,owed,void,jam,cancelled,in_doubt"
    assert shown[1:] == [f"{TODAY},K-0001,0,0,0,100,0,0,0,1,0", f"{TODAY},K-0001,1,1,200,0,0,0,0,0,0"]
    month = await ward.say("issuing", "figures", "20261101", "20261130", "--month")
    assert month[1:] == ["202611,K-0001,0,0,0,100,0,0,0,1,0", "202611,K-0001,1,1,200,0,0,0,0,0,0"]
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "figures", "20261101", "20261201")
    assert refusal.value.code is Code.CHANGE_INVALID

"""What wards publish: believed against the directory alone, never going back, hours as people read them."""

from __future__ import annotations

import datetime as dt

import pytest

from konbini.kiosk.host.wards import Wards
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.protocol.service import KindHours, Notice
from konbini.protocol.trust import MessageKeyCertificate, WardDirectory
from konbini.simulation.clock import SettableClock
from tests.unit.kiosk.visit.far_side import WARD, FarSide, seconds

_JAPAN = dt.timezone(dt.timedelta(hours=9))


def at(hour: int, minute: int = 0) -> int:
    """Give a moment of one day in Japan, Unix seconds."""
    return int(dt.datetime(2025, 12, 1, hour, minute, tzinfo=_JAPAN).timestamp())


@pytest.fixture
def far() -> FarSide:
    """A ward at noon."""
    return FarSide(SettableClock(at(12) * 1000))


@pytest.fixture
def wards(far: FarSide) -> Wards:
    """A kiosk that believes this ward."""
    return Wards(WardDirectory(version=1, issued=0, wards=(far.entry,)))


def notice(  # noqa: PLR0913 - what a notice says
    far: FarSide,
    opens: int,
    closes: int,
    *,
    serial: int = 1,
    stopped: bool = False,
    has_end: bool = True,
    reopens: int | None = None,
    kinds: tuple[KindHours, ...] = (),
    barred: tuple[str, ...] = (),
) -> bytes:
    """Give a signed NOTICE with maintenance from 14:00."""
    now = seconds(far.clock)
    key = MessageKeyCertificate(
        ward=WARD, signing=far.message_key.verifying.point, begins=now - 43_000, ends=now + 43_000
    )
    return Notice(
        ward=WARD,
        serial=serial,
        opens=opens,
        closes=closes,
        maintenance_from=at(14),
        maintenance_to=at(15) if has_end else None,
        held=(),
        stopped=stopped,
        version="1",
        message_key=key.sign(far.identity),
        reopens=reopens,
        kinds=kinds,
        barred=barred,
    ).sign(far.message_key)


@pytest.mark.parametrize(
    ("opens", "closes", "moment", "code", "says"),
    [
        (390, 1380, at(6, 29), Code.WARD_CLOSED, True),
        (390, 1380, at(6, 30), 0, False),
        (390, 1380, at(22, 59), 0, False),
        (390, 1380, at(23), Code.WARD_CLOSED, True),
        (0, 1440, at(23, 59), 0, False),
        (0, 1440, at(0), 0, False),
        (390, 390, at(6), Code.WARD_CLOSED, True),
        (390, 390, at(6, 30), Code.WARD_CLOSED, True),
    ],
)
def test_hours(  # noqa: PLR0913 - one row of a table
    far: FarSide, wards: Wards, *, opens: int, closes: int, moment: int, code: int, says: bool
) -> None:
    """Closing is the first minute closed; 24:00 closes never; no hours close all day; the ward says until when."""
    monday = at(6, 30) + 3 * 86_400
    wards.take_notice(WARD, notice(far, opens, closes, reopens=monday), seconds(far.clock))
    (offer,) = wards.on_offer(moment, link_up=True).wards
    assert (offer.code, offer.reopens) == (int(code), monday if says else None)


def test_an_opening_that_has_passed(far: FarSide, wards: Wards) -> None:
    """A kiosk that hears no newer word shows no opening that lies behind it."""
    wards.take_notice(WARD, notice(far, 390, 1380, reopens=at(6, 30)), seconds(far.clock))
    assert wards.on_offer(at(23), link_up=True).wards[0].reopens is None


def test_kinds_with_hours_of_their_own(far: FarSide, wards: Wards) -> None:
    """They are handed on, for the screen before the card."""
    own = (KindHours(kind=CertificateKind.RESIDENT_RECORD_ITEMS, opens=510, closes=1020),)
    wards.take_notice(WARD, notice(far, 0, 1440, kinds=own), seconds(far.clock))
    assert wards.on_offer(at(12), link_up=True).wards[0].kinds == own


@pytest.mark.parametrize(
    ("closes", "moment", "code", "reopens", "coming"),
    [
        (1440, at(14) - 86_401, 0, None, None),
        (1440, at(14) - 86_400, 0, None, at(14)),
        (1440, at(13, 59), 0, None, at(14)),
        (1440, at(14), Code.WARD_MAINTENANCE, at(15), None),
        (1440, at(14, 59), Code.WARD_MAINTENANCE, at(15), None),
        (1440, at(15), 0, None, None),
        (14 * 60 + 30, at(14, 10), Code.WARD_MAINTENANCE, at(6, 30) + 86_400, None),
    ],
)
def test_planned_maintenance(  # noqa: PLR0913 - one row of a table
    far: FarSide, wards: Wards, *, closes: int, moment: int, code: int, reopens: int | None, coming: int | None
) -> None:
    """Told a day before, said in its own words, with its end, or the next opening where the ward closes before."""
    wards.take_notice(WARD, notice(far, 390, closes, reopens=at(6, 30) + 86_400), seconds(far.clock))
    (offer,) = wards.on_offer(moment, link_up=True).wards
    assert (offer.code, offer.reopens, offer.maintenance) == (int(code), reopens, coming)


def test_maintenance_without_an_end(far: FarSide, wards: Wards) -> None:
    """It lasts until another notice: the center gives no ticket, and the screen says maintenance, not until when."""
    wards.take_notice(WARD, notice(far, 0, 1440, has_end=False), seconds(far.clock))
    offers = [wards.on_offer(moment, link_up=True).wards[0] for moment in (at(13, 59), at(14), at(20))]
    assert [(offer.code, offer.reopens) for offer in offers] == [(0, None), *[(Code.WARD_MAINTENANCE, None)] * 2]


def test_no_word_and_no_link(far: FarSide, wards: Wards) -> None:
    """A ward of which nothing was heard cannot be asked, nor any ward without the center; a stop goes before hours."""
    assert wards.on_offer(at(12), link_up=True).wards[0].code == Code.WARD_UNREACHABLE
    wards.take_notice(WARD, notice(far, 0, 1440, stopped=True), seconds(far.clock))
    assert wards.on_offer(at(12), link_up=True).wards[0].code == Code.WARD_STOPPED
    assert wards.on_offer(at(12), link_up=False).wards[0].code == Code.CENTER_UNREACHABLE


def test_an_older_notice_is_passed_over(far: FarSide, wards: Wards) -> None:
    """A center that repeats an old notice does not open a ward again."""
    wards.take_notice(WARD, notice(far, 0, 1440, serial=2, stopped=True), seconds(far.clock))
    wards.take_notice(WARD, notice(far, 0, 1440, serial=1), seconds(far.clock))
    assert wards.on_offer(at(12), link_up=True).wards[0].code == Code.WARD_STOPPED


async def test_an_older_prekey_is_passed_over(far: FarSide, wards: Wards) -> None:
    """A center that repeats a prekey that is still in its time does not keep receipts sealed to it."""
    old = far.prekey()
    assert isinstance(far.clock, SettableClock)
    await far.clock.advance(600)
    new = far.prekey()
    wards.take_prekey(WARD, new, seconds(far.clock))
    wards.take_prekey(WARD, old, seconds(far.clock))
    assert wards.prekey(WARD) == new


def test_another_wards_word(far: FarSide, wards: Wards) -> None:
    """A prekey or notice that another ward signed is refused, and so is a ward that the directory does not name."""
    other = FarSide(far.clock)
    with pytest.raises(Refused) as refused:
        wards.take_prekey(WARD, other.prekey(), seconds(far.clock))
    assert refused.value.code is Code.SIGNATURE_INVALID
    with pytest.raises(Refused) as refused:
        wards.take_notice(WARD, notice(other, 0, 1440), seconds(far.clock))
    assert refused.value.code is Code.SIGNATURE_INVALID
    with pytest.raises(Refused) as refused:
        wards.take_prekey("999991", far.prekey(), seconds(far.clock))
    assert refused.value.code is Code.WARD_UNREACHABLE
    with pytest.raises(Refused) as refused:
        wards.prekey(WARD)
    assert refused.value.code is Code.WARD_UNREACHABLE


@pytest.mark.parametrize(
    ("barred", "code"),
    [
        ((), 0),
        (("K-0002",), 0),
        (("K-0001",), Code.KIOSK_STOPPED),
        (("K-0002", "center"), Code.KIOSK_STOPPED),
    ],
)
def test_a_ward_that_bars_this_kiosk_or_its_link(far: FarSide, barred: tuple[str, ...], code: int) -> None:
    """The screen says so before a card is asked for; another kiosk's name means nothing here."""
    wards = Wards(WardDirectory(version=1, issued=0, wards=(far.entry,)), "K-0001", "center")
    wards.take_notice(WARD, notice(far, 0, 1440, barred=barred), seconds(far.clock))
    assert wards.on_offer(at(12), link_up=True).wards[0].code == code

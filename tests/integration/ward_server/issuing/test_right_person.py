"""Right person: visits at once never meet, neither in a menu nor on a paper."""

from __future__ import annotations

import asyncio

from konbini.protocol.kinds import Scope
from tests.integration.ward_server.kiosk import Visit
from tests.integration.ward_server.people import ALONE, FOREIGNER, HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward
from tests.unit.pdf.seen import text_seen

NAMES = {HEAD: "葛\U000e0102城　文", SPOUSE: "葛\U000e0102城　悟", ALONE: "澄川　一", FOREIGNER: "DUPONT　CLAIRE"}
ROUNDS = 3


def words(pdf: bytes) -> str:
    """Read what a paper says, spaces left out."""
    return text_seen(pdf.rpartition(b"%%EOF")[0] + b"%%EOF").replace(" ", "").replace("　", "")


async def paper_of(visit: Visit, ordinal: int) -> str:
    """Order one paper and have it printed; give its words."""
    told = await visit.order(ordinal, scope=Scope.SELF)
    await visit.printed(told, ordinal)
    return words(told.pdf)


async def whole_visit(ward: Ward, holder: str, kiosk: str) -> None:
    """Open, order twice, and look at both papers."""
    visit = ward.visit(holder, ward.kiosk(kiosk))
    menu = (await visit.open()).given_menu
    assert menu.members[0].name.replace(" ", "　") == NAMES[holder]
    for ordinal in (1, 2):
        text = await paper_of(visit, ordinal)
        assert NAMES[holder].replace("　", "") in text
        assert not [name for other, name in NAMES.items() if other != holder and name.replace("　", "") in text]
    await visit.settle(visit.goodbye(), 0)


async def test_visits_at_once_never_meet(ward: Ward) -> None:
    """Two kiosks, four residents, two of one household: each paper names its own."""
    for _ in range(ROUNDS):
        for pair in ((HEAD, ALONE), (SPOUSE, FOREIGNER)):
            await asyncio.gather(
                *(whole_visit(ward, holder, kiosk) for holder, kiosk in zip(pair, ("K-0001", "K-0002"), strict=True))
            )
    numbers = [number for (number,) in ward.rows("issuing", "SELECT number FROM issuance")]
    assert len(set(numbers)) == len(numbers) == 8 * ROUNDS
    assert ward.stops() == {"issuing": None, "clerk": None}
    assert ward.cases() == []
    view = await ward.desk.ledger.summary(1)
    today = await ward.desk.ledger.today(ward.desk.now().day_began)
    assert (today.printed, today.fees, view.unsettled) == (8 * ROUNDS, 8 * ROUNDS * 200, 0)

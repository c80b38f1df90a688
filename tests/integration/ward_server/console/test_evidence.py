"""What a passkey signed is kept, and an auditor can check it; what was changed in the rows is found."""

from __future__ import annotations

from konbini.ward_server.console.rights import Role
from tests.integration.ward_server.console.house import House


async def test_an_auditor_checks_what_was_signed(house: House) -> None:
    """Whole: it holds. Another person's name on the row: it does not."""
    people = await house.people(aoki=Role.MAINTENANCE, kansa=Role.AUDIT)
    await people["aoki"].do("stop", process="issuing", reason="訓練")
    ((act,),) = house.ward.rows("console", "SELECT act_id FROM act")
    kansa = people["kansa"]
    page = await kansa.get(f"/log/acts/{act}")
    assert "署名された内容は、この記録と一致します" in page.text
    assert "訓練" in page.text
    on = " ON act" if house.ward.place.engine == "postgresql" else ""
    house.ward.write("console", f"DROP TRIGGER act_concluded{on}")
    house.ward.write("console", "UPDATE act SET person = 'suzuki'")
    assert "一致しません" in (await kansa.get(f"/log/acts/{act}")).text

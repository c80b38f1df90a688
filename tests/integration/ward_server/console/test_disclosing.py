"""A disclosure (開示請求): two persons, read in the second's name, encrypted to the receiver, on record."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.shape import from_bytes
from konbini.simulation.passkeys.browser import Browser
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.console.rights import Role
from tests.integration.ward_server.console.house import House, waiting_id
from tests.integration.ward_server.people import HEAD, SPOUSE
from tests.receivers import ReceiverKey

ASKED = {"resident": HEAD, "matter": "令8-77", "reason": "本人からの開示請求"}
DAY = 86_400 * 1000
_LOG = "SELECT entry FROM audit_entry ORDER BY position"


@pytest.fixture(scope="module")
def receiver_key() -> ReceiverKey:
    """Return who receives."""
    return ReceiverKey.make()


async def _file(browser: Browser, disclosure: str) -> bytes:
    await browser.get("/disclosures")
    return (await browser.post("/disclosures/file", disclosure=disclosure)).body


async def test_one_asks_another_approves_and_the_receiver_reads(
    house: House, receiver_key: ReceiverKey, tmp_path: Path
) -> None:
    """Record, changes, issues and accesses, those of this very reading too; nothing in the clear on the way."""
    visit = house.ward.visit(HEAD)
    await visit.open()
    number = (await visit.order()).given_document.number
    people = await house.people(aoki=Role.ENTRY, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    await aoki.get("/find")
    await aoki.post("/find/record", resident=HEAD, reason="窓口での申出", matter="令8-12")
    await aoki.post("/find/issuances", resident=HEAD, reason="交付の確認", matter="令8-13")
    await aoki.post("/find/record", resident=SPOUSE, reason="別の方の照会", matter="令8-14")
    disclosure = waiting_id(await aoki.do("disclose", certificate=receiver_key.pem, **ASKED))
    preview = await bando.prepare("approve-disclosure", disclosure=disclosure, reason="請求書と証明書を確認")
    fingerprint = hashlib.sha256(receiver_key.der).hexdigest()
    assert fingerprint.upper() in preview.text.replace(":", "")
    assert "宛名番号" in preview.text
    assert "世帯主" not in preview.text
    done = await house.finished(bando, "approve-disclosure", preview)
    assert "実行しました" in done.text
    sealed = await _file(aoki, disclosure)
    opened = receiver_key.open_with_openssl(sealed, tmp_path)
    assert opened.returncode == 0, opened.stderr
    page = opened.stdout.decode()
    assert HEAD in page
    assert number in page
    for reason in ("窓口での申出", "交付の確認", f"開示請求 {disclosure} 本人からの開示請求"):
        assert reason in page
    assert "別の方の照会" not in page
    assert "aoki · bando" in page
    assert "<script" not in page
    ((hidden, kept),) = house.ward.rows("console", "SELECT hidden, sealed FROM disclosure")
    assert bytes(kept) == sealed
    assert HEAD.encode() not in bytes(hidden) + bytes(kept)
    assert house.events(*_EVENTS) == [
        (AuditEvent.DISCLOSURE_ENTERED, ("aoki",), 0),
        (AuditEvent.DISCLOSURE_APPROVED, ("aoki", "bando"), 0),
        (AuditEvent.DISCLOSURE_SEALED, ("aoki", "bando"), 0),
        (AuditEvent.DISCLOSURE_FETCHED, ("aoki", "aoki"), 0),
    ]
    looked = [one.operators for one in house.ward.audit("registry") if one.event is AuditEvent.ACCESSES_LOOKED_UP]
    assert looked == [("bando",)]
    entries = [from_bytes(AuditEntry, bytes(data)) for (data,) in house.ward.rows("console", _LOG)]
    (about,) = (one.about for one in entries if one.event is AuditEvent.DISCLOSURE_SEALED)
    assert re.fullmatch(rf"{disclosure} \d+ / 1 / \d+", about)
    assert about.removeprefix(f"{disclosure} ") in (await bando.get("/disclosures")).text


_EVENTS = (
    AuditEvent.DISCLOSURE_ENTERED,
    AuditEvent.DISCLOSURE_APPROVED,
    AuditEvent.DISCLOSURE_DECLINED,
    AuditEvent.DISCLOSURE_SEALED,
    AuditEvent.DISCLOSURE_FETCHED,
)


async def test_nobody_approves_their_own_and_nothing_is_read(house: House, receiver_key: ReceiverKey) -> None:
    """Nor does approval alone suffice; there is no file of what was not approved, nor of what was declined."""
    people = await house.people(aoki=Role.SUPERVISION, bando=Role.APPROVAL, kansa=Role.AUDIT)
    aoki, bando, kansa = people["aoki"], people["bando"], people["kansa"]
    disclosure = waiting_id(await aoki.do("disclose", certificate=receiver_key.pem, **ASKED))
    refused = await aoki.do("approve-disclosure", disclosure=disclosure, reason="確認")
    assert "ご自分が入力したものは承認できません" in refused.text
    assert (await bando.get("/act/approve-disclosure")).status == 403
    await bando.get("/disclosures")
    assert (await bando.post("/disclosures/file", disclosure=disclosure)).status == 404
    assert AuditEvent.PAST_LOOKED_UP not in {one.event for one in house.ward.audit("registry")}
    listed = await kansa.get("/disclosures")
    assert disclosure in listed.text
    assert HEAD not in listed.text
    assert "実行しました" in (await bando.do("decline-disclosure", disclosure=disclosure, reason="請求の取下げ")).text
    again = await bando.prepare("decline-disclosure", disclosure=disclosure, reason="確認")
    assert Code.CHANGE_UNKNOWN.name in again.text
    assert [event for event, _persons, _code in house.events(*_EVENTS)] == [
        AuditEvent.DISCLOSURE_ENTERED,
        AuditEvent.DISCLOSURE_DECLINED,
    ]


async def test_a_receiver_who_cannot_be_encrypted_to_is_refused(house: House, receiver_key: ReceiverKey) -> None:
    """No certificate, one that is over when it is approved, no matter: nothing is kept."""
    people = await house.people(aoki=Role.ENTRY, bando=Role.SUPERVISION)
    aoki = people["aoki"]
    for changed in ({"certificate": "no certificate"}, {"matter": ""}, {"reason": "あ" * 151}):
        refused = await aoki.prepare("disclose", **{"certificate": receiver_key.pem, **ASKED, **changed})
        assert Code.CHANGE_INVALID.name in refused.text
    assert house.ward.rows("console", "SELECT disclosure_id FROM disclosure") == []


async def test_a_file_is_destroyed_after_a_month(house: House, receiver_key: ReceiverKey) -> None:
    """Given to nobody from that day on, and gone with the next that is entered."""
    people = await house.people(aoki=Role.ENTRY, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    disclosure = waiting_id(await aoki.do("disclose", certificate=receiver_key.pem, **ASKED))
    preview = await bando.prepare("approve-disclosure", disclosure=disclosure, reason="確認")
    assert "実行しました" in (await house.finished(bando, "approve-disclosure", preview)).text
    house.ward.clock.set_wall(house.ward.clock.now() + 31 * DAY)
    await aoki.sign_in()
    await aoki.get("/disclosures")
    assert (await aoki.post("/disclosures/file", disclosure=disclosure)).status == 404
    waiting_id(await aoki.do("disclose", certificate=receiver_key.pem, **ASKED))
    lengths = house.ward.rows("console", "SELECT length(sealed) FROM disclosure")
    assert lengths == [(0,), (0,)]


async def test_a_reading_that_failed_goes_on_when_it_is_approved_again(house: House, receiver_key: ReceiverKey) -> None:
    """Nothing half read is kept; whoever entered it does not go on with it either."""
    people = await house.people(aoki=Role.SUPERVISION, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    disclosure = waiting_id(await aoki.do("disclose", certificate=receiver_key.pem, **ASKED))
    await house.ward.stop("issuing")
    preview = await bando.prepare("approve-disclosure", disclosure=disclosure, reason="確認")
    lost = await house.finished(bando, "approve-disclosure", preview)
    assert "実行されたかどうか、わかりません" in lost.text
    assert house.ward.rows("console", "SELECT state, length(sealed) FROM disclosure") == [(2, 0)]
    await house.ward.start("issuing")
    refused = await aoki.do("approve-disclosure", disclosure=disclosure, reason="確認")
    assert Code.SAME_PERSON.name in refused.text
    preview = await bando.prepare("approve-disclosure", disclosure=disclosure, reason="確認")
    assert "実行しました" in (await house.finished(bando, "approve-disclosure", preview)).text
    assert house.ward.rows("console", "SELECT state FROM disclosure") == [(3,)]

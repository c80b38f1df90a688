"""A stop, a case and a paper that was left reach whoever the ward tells, from `issuing` itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from konbini.process.config import ConfigRefused
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Outcome
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.config import read_config
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward
from tests.mailbox import HookReceiver, hooked
from tests.measuring import read

KEY = bytes(range(32))


@pytest.fixture
async def watch() -> AsyncIterator[HookReceiver]:
    """Somebody who is told."""
    async with hooked(KEY) as receiver:
        yield receiver


async def told_by(ward: Ward, watch: HookReceiver) -> None:
    """Have the ward's issuing tell somebody from now on."""
    await ward.stop("issuing")
    key = ward.town.configs / "watch.key"
    key.touch(mode=0o600)
    key.write_bytes(KEY)
    path = ward.town.configs / "issuing.toml"
    hook = f'[[alert_webhooks]]\nname = "watch"\naddress = "{watch.address}"\nkey = "watch.key"\n'
    path.write_text(path.read_text("utf-8") + hook, "utf-8")
    await ward.start_issuing()
    await ward.caught_up()
    await ward.go_on_until(lambda: bool(ward.rows("issuing", "SELECT 1 FROM alert_place")))


async def test_a_stop_is_told_at_once(ward: Ward, watch: HookReceiver) -> None:
    """With its code and the place in the log; what is owed is a figure until then."""
    await told_by(ward, watch)
    watch.status = 503
    await ward.say("issuing", "stop", "--reason", "a test")
    await ward.go_on_until(lambda: watch.asked > 0)
    figures = await read(ward.town.run / "issuing-measures.sock")
    assert figures.get("konbini_alerts_owed") == 1
    watch.status = 200
    await ward.go_on_until(lambda: bool(watch.taken))
    (alert,) = watch.taken
    assert (alert["kind"], alert["code_name"], alert["ward"]) == ("STOPPED", Code.WARD_STOPPED.name, ward.code)
    assert "aoki" not in str(alert)
    await ward.go_on_until(lambda: not ward.rows("issuing", "SELECT 1 FROM alert"))


async def test_a_case_that_happened_before_the_end_of_issuing_is_told(ward: Ward, watch: HookReceiver) -> None:
    """Nobody was told of the contradiction before the process ended: the next one does it."""
    await told_by(ward, watch)
    watch.status = 503
    visit = ward.visit(HEAD)
    assert (await visit.open()).menu is not None
    document = (await visit.order()).given_document
    await visit.settle(visit.receipt(Outcome.VOID, number=document.number, taken=200, returned=200))
    await visit.settle(visit.receipt(Outcome.PRINTED, number=document.number, taken=200))
    assert [kind for kind, _ in ward.cases()] == [AuditEvent.RECEIPT_CONTRADICTED.name]
    await ward.stop("issuing")
    watch.status = 200
    await ward.start_issuing()
    await ward.go_on_until(lambda: bool(watch.taken))
    assert [(alert["kind"], alert["kiosk"]) for alert in watch.taken] == [("CASE", "K-0001")]
    assert document.number not in str(watch.taken)


async def test_what_nobody_is_to_know_stays_in_the_ward(ward: Ward, watch: HookReceiver) -> None:
    """A whole visit of a resident, and of a protected one: nobody outside hears of either."""
    await told_by(ward, watch)
    await ward.register.protect(ALONE)
    assert (await ward.visit(ALONE).open()).menu is None
    visit = ward.visit(HEAD)
    assert (await visit.open()).menu is not None
    await visit.printed(await visit.order())
    await ward.pass_time(5)
    assert watch.asked == 0


@pytest.mark.parametrize(
    "wrong",
    [
        'address = "http://203.0.113.9/"\nkey = "watch.key"',
        'address = "https://user@watch.example.jp/"\nkey = "watch.key"',
        'address = "https://watch.example.jp/"',
    ],
)
async def test_a_receiver_that_cannot_be_trusted_is_refused_at_the_start(ward: Ward, wrong: str) -> None:
    """In clear over a network, with a password in its address, without a key."""
    path = ward.town.configs / "issuing.toml"
    path.write_text(path.read_text("utf-8") + f'[[alert_webhooks]]\nname = "watch"\n{wrong}\n', "utf-8")
    with pytest.raises(ConfigRefused, match="alert_webhooks"):
        read_config(path)

"""The ward's page: whether a paper could be issued now, and what was, without a name on it."""

from __future__ import annotations

import os

import aiohttp

from konbini.process.calls import CallClient
from konbini.protocol.errors import Code
from konbini.protocol.kinds import Scope
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.clerk.calls import ClerkClient
from konbini.ward_server.issuing.page import WardPage
from konbini.ward_server.issuing.states import KioskStates
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward


async def _page(ward: Ward, *, link_up: bool = True) -> str:
    client = CallClient(ward.town.run / "clerk.sock", peers=frozenset({os.getuid()}))
    page = WardPage(
        ward.desk, states=KioskStates(ward.desk), clerk=ClerkClient(client).condition, link_up=lambda: link_up
    )
    try:
        return await _text(page)
    finally:
        await client.close()


async def _text(page: WardPage) -> str:
    async with (
        page.listening(0) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/") as response,
    ):
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        return await response.text()


async def test_the_page_counts_and_names_nobody(ward: Ward) -> None:
    """A paper that was printed is a line with its number and its fee; nobody's name stands on the page."""
    visit = ward.visit(HEAD)
    menu = (await visit.open()).given_menu
    told = await visit.order(scope=Scope.WHOLE)
    await visit.printed(told)
    page = await _page(ward)
    assert "交付できます" in page
    assert told.given_document.number in page
    assert "印刷済" in page
    assert "200 円" in page
    assert not any(member.name in page for member in menu.members)


async def test_the_page_says_what_is_wrong(ward: Ward) -> None:
    """The link, the feed, the lease, a stop: each in its own words, the worst first."""
    assert "証明書交付センターに接続していません" in await _page(ward, link_up=False)
    await ward.stop("registry")
    await ward.clock.advance(61)
    assert "住民記録の最新性を確認できません" in await _page(ward)
    await ward.desk.upkeep.standing.broke(Code.FEED_FORKED, ward.clock.now())
    page = await _page(ward)
    assert "住民記録との連携が途切れています（FEED_FORKED 410）" in page
    assert "The feed has forked" in page
    entry = AuditEntry(
        moment=ward.clock.now(), event=AuditEvent.ISSUING_STOPPED, code=Code.SUBJECT_MISMATCH, about="test"
    )
    await ward.desk.ledger.stop.set(entry, "a mismatch")
    page = await _page(ward)
    assert "停止しています" in page
    assert "SUBJECT_MISMATCH 804" in page

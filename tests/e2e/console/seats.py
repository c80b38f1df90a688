"""A window at the console: Chromium with a virtual authenticator of its own, which verifies its person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, CDPSession, Page, ViewportSize, async_playwright

from tests.chromium import FLAGS, PROGRAM

__all__ = ["VIEWPORT", "Seat", "open_chromium", "open_seat"]

_LOCAL = (*FLAGS[:-1], "--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
"""A passkey is bound to a name, so the console is reached by one: localhost, which is this machine."""
VIEWPORT: ViewportSize = {"width": 1366, "height": 768}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A window, and the authenticator at it."""

    page: Page
    session: CDPSession
    authenticator: str

    async def take_passkeys_of(self, other: Seat) -> None:
        """Have the passkeys of another seat, which has them no more: a security key is carried over, and it counts."""
        found = await other.session.send("WebAuthn.getCredentials", {"authenticatorId": other.authenticator})
        for credential in found["credentials"]:
            carried = {"authenticatorId": self.authenticator, "credential": credential}
            await self.session.send("WebAuthn.addCredential", carried)
        await other.session.send("WebAuthn.clearCredentials", {"authenticatorId": other.authenticator})


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """Start the browser, and end it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=list(_LOCAL))
        yield browser
        await browser.close()


async def open_seat(chromium: Browser, *, scale: float = 1.0) -> Seat:
    """Open a window of its own; `scale`: device pixels for one of a page."""
    context = await chromium.new_context(viewport=VIEWPORT, locale="ja-JP", device_scale_factor=scale)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Seat(page=page, session=session, authenticator=made["authenticatorId"])

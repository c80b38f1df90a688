"""The two senders against loopback receivers: what arrives, what counts as told, and what is never sent."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from konbini.protocol.errors import Code
from konbini.ward_server.alerts.alert import Alert, AlertKind
from konbini.ward_server.alerts.mail import Mail, MailLogin
from konbini.ward_server.alerts.receivers import NotTold
from konbini.ward_server.alerts.webhook import WebHook
from tests.mailbox import HOST, HookReceiver, Relay, hooked, relaying, self_signed
from tests.unit.ward_server.alerts.conftest import NOON, WARD

KEY = bytes(range(32))
ALERT = Alert(
    ward=WARD, position=4711, kind=AlertKind.PAPER_LEFT, kiosk="K-0001", code=int(Code.PAPER_IN_EXIT), moment=NOON
)


@pytest.fixture
async def receiver() -> AsyncIterator[HookReceiver]:
    """Receive."""
    async with hooked(KEY) as running:
        yield running


async def post(receiver: HookReceiver, key: bytes = KEY) -> None:
    """Tell a web hook's receiver."""
    async with aiohttp.ClientSession() as session:
        await WebHook(name="watch", address=receiver.address, key=key, tls=None, session=session).tell(ALERT)


async def test_the_hook_gets_the_alert_under_its_signature(receiver: HookReceiver) -> None:
    """The receiver compares the signature itself."""
    await post(receiver)
    assert receiver.taken == [
        {
            "id": "131997-4711",
            "ward": "131997",
            "kind": "PAPER_LEFT",
            "kiosk": "K-0001",
            "code": 610,
            "code_name": "PAPER_IN_EXIT",
            "at": "2026-11-20T12:00:00+09:00",
            "log_entry": 4711,
            "runbook": "left-at-the-kiosk.md",
        }
    ]


async def test_another_key_is_not_believed(receiver: HookReceiver) -> None:
    """And the alert counts as not told."""
    with pytest.raises(NotTold, match="status_403"):
        await post(receiver, bytes(32))
    assert receiver.taken == []


@pytest.mark.parametrize("status", [302, 307, 404, 500, 503])
async def test_anything_but_2xx_is_not_told(receiver: HookReceiver, status: int) -> None:
    """A redirection is not followed: the body would go where nobody configured."""
    receiver.status = status
    with pytest.raises(NotTold, match=f"status_{status}"):
        await post(receiver)
    assert receiver.asked == 1


async def test_a_hook_that_is_not_there_is_not_told(receiver: HookReceiver) -> None:
    """Nor one with a certificate that nobody believes."""
    async with hooked(KEY) as gone:
        pass
    with pytest.raises(NotTold):
        await post(gone)
    async with aiohttp.ClientSession() as session:
        address = receiver.address.replace("http://", "https://")
        hook = WebHook(name="watch", address=address, key=KEY, tls=ssl.create_default_context(), session=session)
        with pytest.raises(NotTold):
            await hook.tell(ALERT)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the relay's certificate and key."""
    return self_signed(tmp_path_factory.mktemp("relay"), "relay")


def mail(relay: Relay, authority: Path, login: MailLogin | None = None) -> Mail:
    """Make the sender for a relay."""
    return Mail(
        name="office",
        host=HOST,
        port=relay.port,
        sender="konbini@example.jp",
        receivers=("juumin@example.jp", "night@example.jp"),
        tls=ssl.create_default_context(cafile=authority),
        login=login,
    )


async def test_the_mail_arrives_in_both_languages(certificate: tuple[Path, Path]) -> None:
    """Under TLS; in clear nothing was said but hello and STARTTLS."""
    async with relaying(certificate) as relay:
        await mail(relay, certificate[0]).tell(ALERT)
    (message,) = relay.mails
    assert message["Subject"] == "[konbini 131997] PAPER_LEFT K-0001 PAPER_IN_EXIT"
    assert message["To"] == "juumin@example.jp, night@example.jp"
    assert message["Message-ID"] == "<131997-4711@example.jp>"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "端末に証明書が残されています。" in text
    assert "Somebody's certificate lies at a kiosk." in text
    assert "docs/runbooks/left-at-the-kiosk.md" in text
    assert [line.partition(" ")[0].upper() for line in relay.in_clear] == ["EHLO", "STARTTLS"]


async def test_a_relay_without_starttls_gets_nothing(certificate: tuple[Path, Path]) -> None:
    """Not even whose mail it would be."""
    async with relaying(None) as relay:
        with pytest.raises(NotTold, match="SMTPNotSupportedError"):
            await mail(relay, certificate[0], MailLogin(user="konbini", password="x")).tell(ALERT)  # noqa: S106 - the test's
    assert relay.mails == []
    assert "konbini" not in " ".join(relay.in_clear)


async def test_a_relay_that_is_not_believed_gets_nothing(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    """Its certificate is under another authority."""
    other, _ = self_signed(tmp_path, "other")
    async with relaying(certificate) as relay:
        with pytest.raises(NotTold):
            await mail(relay, other).tell(ALERT)
    assert relay.mails == []


async def test_a_relay_that_wants_a_login_gets_one(certificate: tuple[Path, Path]) -> None:
    """Under TLS alone; a wrong one is not told."""
    async with relaying(certificate, login=("konbini", "a secret")) as relay:
        await mail(relay, certificate[0], MailLogin(user="konbini", password="a secret")).tell(ALERT)  # noqa: S106 - the test's
        assert len(relay.mails) == 1
        with pytest.raises(NotTold, match="SMTPAuthenticationError"):
            await mail(relay, certificate[0], MailLogin(user="konbini", password="another")).tell(ALERT)  # noqa: S106 - the test's
        with pytest.raises(NotTold):
            await mail(relay, certificate[0]).tell(ALERT)
    assert len(relay.mails) == 1
    assert relay.users == ["konbini", "konbini"]


async def test_one_address_that_is_refused_is_not_told(certificate: tuple[Path, Path]) -> None:
    """It is tried again, until all have it or somebody mends the list."""
    async with relaying(certificate, refused=frozenset({"night@example.jp"})) as relay:
        with pytest.raises(NotTold, match="some_refused"):
            await mail(relay, certificate[0]).tell(ALERT)


async def test_a_relay_that_is_not_there_is_not_told(certificate: tuple[Path, Path]) -> None:
    """Without a word of what the system said."""
    async with relaying(certificate) as relay:
        pass
    with pytest.raises(NotTold, match=r"^ConnectionRefusedError$"):
        await mail(relay, certificate[0]).tell(ALERT)

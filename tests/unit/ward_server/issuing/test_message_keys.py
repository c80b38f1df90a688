"""The message key is turned before its end, and a registry that is away for an hour does not end issuing."""

from __future__ import annotations

import pytest

from konbini.protocol.cose import SigningKey
from konbini.protocol.trust import MESSAGE_KEY_SECONDS, MessageKeyCertificate, WardEntry
from konbini.ward_server.issuing.desk import Now
from konbini.ward_server.issuing.message_keys import MessageKeys

WARD = "131997"
NOON = 1_795_143_600
AWAY = 12 * 3600
"""How long the registry may be away before a key is too old."""
DUE = NOON + MESSAGE_KEY_SECONDS - AWAY - 1200 - 1800
"""When the first key is to be turned: an hour before a prekey of 20 minutes and a visit of 30 would outlive it."""
IDENTITY = SigningKey.generate()
ENTRY = WardEntry(
    ward=WARD, name="澄川区", name_english="Sumikawa City", identity=IDENTITY.verifying.point, paper_authorities=()
)


class Registry:
    """Certifies message keys, unless it is away."""

    def __init__(self) -> None:
        self.now = NOON
        self.away = False

    async def certify(self, point: bytes) -> bytes:
        """Certify for a day."""
        if self.away:
            raise ConnectionRefusedError
        return MessageKeyCertificate(
            ward=WARD, signing=point, begins=self.now, ends=self.now + MESSAGE_KEY_SECONDS
        ).sign(IDENTITY)


@pytest.fixture
def registry() -> Registry:
    """A registry that is there."""
    return Registry()


@pytest.fixture
def keys(registry: Registry) -> MessageKeys:
    """The ward's message keys."""
    return MessageKeys(ENTRY, registry.certify)


def at(registry: Registry, seconds: int) -> Now:
    """Let it be this moment."""
    registry.now = seconds
    return Now(milliseconds=seconds * 1000)


async def test_one_key_until_it_is_due(registry: Registry, keys: MessageKeys) -> None:
    """Then another."""
    first = await keys.of(at(registry, NOON))
    assert await keys.of(at(registry, DUE - 1)) is first
    second = await keys.of(at(registry, DUE))
    assert second is not first
    assert second.ends == DUE + MESSAGE_KEY_SECONDS


async def test_the_last_key_serves_while_no_new_one_can_be_had(registry: Registry, keys: MessageKeys) -> None:
    """For an hour; a key that a visit could outlive signs no more prekeys."""
    first = await keys.of(at(registry, NOON))
    registry.away = True
    assert await keys.of(at(registry, DUE)) is first
    assert await keys.of(at(registry, DUE + AWAY - 1)) is first
    with pytest.raises(ConnectionRefusedError):
        await keys.of(at(registry, DUE + AWAY))
    registry.away = False
    assert await keys.of(at(registry, DUE + AWAY + 1)) is not first


async def test_nothing_is_signed_before_the_first_key(registry: Registry, keys: MessageKeys) -> None:
    """The registry's absence is told."""
    registry.away = True
    with pytest.raises(ConnectionRefusedError):
        await keys.of(at(registry, NOON))

"""Keys are changed at a running `issuing` by two persons: those that wrap data keys, and those of visits."""

from __future__ import annotations

import secrets

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

RENEWED = (AuditEvent.MESSAGE_KEYS_TO_BE_RENEWED, AuditEvent.MESSAGE_KEYS_RENEWED)


def put_first(ward: Ward, *, keep: bool = True) -> str:
    """Put a new key-encryption key first in issuing's list, or alone in it; give its file's name."""
    name = f"personal-{secrets.token_hex(4)}.key"
    path = ward.town.configs / name
    path.write_bytes(secrets.token_bytes(32))
    path.chmod(0o600)
    config = ward.town.configs / "issuing.toml"
    text = config.read_text("utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("personal = "))
    listed = line.removeprefix("personal = [").removesuffix("]")
    config.write_text(text.replace(line, f'personal = ["{name}"{f", {listed}" if keep else ""}]'), "utf-8")
    return name


def wrapping(ward: Ward) -> set[bytes]:
    """Give the ids of the keys that wrap issuing's data keys."""
    found = ward.rows("issuing", "SELECT substr(wrapped, 1, 8) FROM data_key WHERE length(wrapped) > 0")
    return {bytes(key_id) for (key_id,) in found}


async def test_two_persons_have_the_lists_read_again(ward: Ward) -> None:
    """Everything is wrapped by the new key; who decided stands before it, that it is done behind it."""
    before = wrapping(ward)
    put_first(ward)
    await ward.decide("issuing", "rotate-keys")
    done_with = AuditEvent.ISSUING_KEY_ROTATION_DONE
    await ward.go_on_until(lambda: any(event is done_with for event, _code in ward.events("issuing")))
    assert wrapping(ward).isdisjoint(before)
    events = [one for one in ward.audit("issuing") if "KEY" in one.event.name]
    told, begun, done = events[-3:]
    assert (told.event, told.operators) == (AuditEvent.ISSUING_KEY_LISTS_TO_BE_READ, ("aoki", "bando"))
    assert [begun.event, done.event] == [
        AuditEvent.ISSUING_KEY_ROTATION_BEGUN,
        done_with,
    ]
    (new,) = wrapping(ward)
    head, *counts = await ward.say("issuing", "data-keys")
    assert head.startswith(f"personal  wraps by {new.hex()}  files: {new.hex()} ")
    assert [line.split()[0] for line in counts] == [new.hex()]
    assert (await ward.visit(HEAD).open()).menu is not None


async def test_other_files_than_were_seen_are_not_taken(ward: Ward) -> None:
    """Own approval, a list that changed meanwhile, one that lacks a key in use: nothing is wrapped anew."""
    before = wrapping(ward)
    put_first(ward)
    (decision,) = await ward.say("issuing", "rotate-keys", "--reason", "a test")
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", decision)
    assert refusal.value.code is Code.SAME_PERSON
    put_first(ward)
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", decision, operator="bando")
    assert refusal.value.code is Code.CHANGED_MEANWHILE
    put_first(ward, keep=False)
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "rotate-keys", "--reason", "a test")
    assert refusal.value.code is Code.CHANGE_INVALID
    assert wrapping(ward) == before


async def test_a_process_that_wraps_nothing_has_no_such_decision(ward: Ward) -> None:
    """The clerk."""
    assert await ward.say("clerk", "data-keys") == []
    with pytest.raises(Refused) as refusal:
        await ward.say("clerk", "rotate-keys", "--reason", "a test")
    assert refusal.value.code is Code.CHANGE_INVALID


async def test_message_key_and_prekeys_are_made_anew(ward: Ward) -> None:
    """Visits that are open end; the receipt of one is taken under the next prekey; a new visit prints."""
    visit, other = ward.visit(HEAD), ward.visit(ALONE, ward.kiosk("K-0002"))
    await visit.open()
    told = await visit.order()
    await other.open()
    held = ward.desk.prekeys.newest
    assert held is not None
    await ward.decide("issuing", "renew-message-keys")
    await ward.go_on_until(lambda: ward.desk.prekeys.newest is not None)
    renewed = ward.desk.prekeys.newest
    assert renewed is not None
    assert renewed.message_key.certificate != held.message_key.certificate
    with pytest.raises(Refused) as refusal:
        ward.desk.prekeys.named(held.key_id, ward.desk.now().seconds)
    assert refusal.value.code is Code.PREKEY_UNKNOWN
    assert (await other.order()).code is Code.VISIT_OVER
    await visit.printed(told)
    again = ward.visit(ALONE, ward.kiosk("K-0002"))
    await again.open()
    assert (await again.order()).document is not None
    words, done = [one for one in ward.audit("issuing") if one.event in RENEWED]
    assert (words.event, words.operators, len(words.digest)) == (RENEWED[0], ("aoki", "bando"), 32)
    assert (done.event, done.about) == (RENEWED[1], "2 visits ended")


async def test_without_the_registry_nothing_is_made_anew(ward: Ward) -> None:
    """No message key could be certified: the decision still waits, and the open visit goes on."""
    visit = ward.visit(HEAD)
    await visit.open()
    held = ward.desk.prekeys.newest
    (decision,) = await ward.say("issuing", "renew-message-keys", "--reason", "a test")
    await ward.stop("registry")
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "agree", decision, operator="bando")
    assert refusal.value.code is Code.INTERNAL
    assert ward.desk.prekeys.newest is held
    assert (await visit.order()).document is not None
    await ward.start("registry")
    await ward.say("issuing", "agree", decision, operator="bando")

"""One suite of what signatures and seals must do, run against the real keys and against the world's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from konbini.protocol.cose import Context, SigningKey, VerifyingKey, unchecked_payload
from konbini.protocol.errors import Code, Refused
from konbini.protocol.fresh_keys import SYSTEM_KEYS, FreshKeys
from konbini.protocol.kinds import MessageKind
from konbini.protocol.sealing import PUBLIC_BYTES, SEAL_BYTES, OpeningKey, SealedSize, SealingKey
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.town.pki.authority import key_pem, new_p256_key
from konbini.simulation.world.keys import WorldKeys, WorldOpeningKey, WorldSigningKey

_CONTEXT = Context(
    kind=MessageKind.ORDER, sender="K-0001", receiver="131997", visit=bytes(32), ordinal=1, key_id=bytes(8)
)
_OTHERS = {
    "kind": dataclasses.replace(_CONTEXT, kind=MessageKind.OPEN),
    "sender": dataclasses.replace(_CONTEXT, sender="K-0002"),
    "receiver": dataclasses.replace(_CONTEXT, receiver="131998"),
    "visit": dataclasses.replace(_CONTEXT, visit=bytes(31) + b"\x01"),
    "ordinal": dataclasses.replace(_CONTEXT, ordinal=2),
    "key": dataclasses.replace(_CONTEXT, key_id=bytes(7) + b"\x01"),
}
_PAYLOAD = bytes(range(256)) * 3


def _world() -> WorldKeys:
    return WorldKeys(SeededEntropy(7).token)


@pytest.fixture(params=["real", "world"])
def fresh(request: pytest.FixtureRequest) -> FreshKeys:
    """Makes keys of one kind."""
    return SYSTEM_KEYS if request.param == "real" else _world()


def _not_signed(check: Callable[[], bytes]) -> None:
    with pytest.raises(Refused) as refused:
        check()
    assert refused.value.code is Code.SIGNATURE_INVALID


def _not_opened(check: Callable[[], object]) -> None:
    with pytest.raises(Refused) as refused:
        check()
    assert refused.value.code is Code.MALFORMED


def test_what_is_signed_is_checked(fresh: FreshKeys) -> None:
    """With the key itself, and with one that was read from its point."""
    key = fresh.signing()
    signed = key.sign(_PAYLOAD, _CONTEXT)
    assert key.verifying.open(signed, _CONTEXT) == unchecked_payload(signed) == _PAYLOAD
    again = VerifyingKey(key.verifying.point)
    assert type(again) is type(key.verifying)
    assert again.open(signed, _CONTEXT) == _PAYLOAD
    assert (again.key_id, again.point) == (key.verifying.key_id, key.verifying.point)
    assert len(again.point) == 65
    assert len(signed) == len(SYSTEM_KEYS.signing().sign(_PAYLOAD, _CONTEXT))


@pytest.mark.parametrize("other", sorted(_OTHERS))
def test_a_signature_holds_in_its_context_alone(fresh: FreshKeys, other: str) -> None:
    """Of another kind, of another visit, for somebody else."""
    key = fresh.signing()
    _not_signed(lambda: key.verifying.open(key.sign(_PAYLOAD, _CONTEXT), _OTHERS[other]))


def test_a_signature_of_another_key_is_refused(fresh: FreshKeys) -> None:
    """And so is one of another kind of key, on either side."""
    one, other = fresh.signing(), fresh.signing()
    assert one.verifying.point != other.verifying.point
    _not_signed(lambda: one.verifying.open(other.sign(_PAYLOAD, _CONTEXT), _CONTEXT))
    for theirs in (SYSTEM_KEYS.signing(), WorldSigningKey(bytes(32))):
        _not_signed(lambda theirs=theirs: one.verifying.open(theirs.sign(_PAYLOAD, _CONTEXT), _CONTEXT))  # type: ignore[misc]


def test_every_changed_byte_of_a_message_is_found(fresh: FreshKeys) -> None:
    """Each in its turn, and what is cut off or stands after it."""
    key = fresh.signing()
    signed = key.sign(b"an order", _CONTEXT)
    for place in range(len(signed)):
        changed = signed[:place] + bytes((signed[place] ^ 1,)) + signed[place + 1 :]
        _not_signed(lambda changed=changed: key.verifying.open(changed, _CONTEXT))  # type: ignore[misc]
    for changed in (b"", signed[:-1], signed + b"\0", signed[7:]):
        _not_signed(lambda changed=changed: key.verifying.open(changed, _CONTEXT))  # type: ignore[misc]


def test_no_point_is_refused(fresh: FreshKeys) -> None:
    """Cut short, too long, of no kind that there is."""
    point = fresh.signing().verifying.point
    for wrong in (b"", point[:-1], point + b"\0", b"\x07" + point[1:], point[:1] + bytes(64)):
        _not_opened(lambda wrong=wrong: VerifyingKey(wrong))  # type: ignore[misc]


@pytest.mark.parametrize("size", list(SealedSize), ids=[size.name for size in SealedSize])
def test_what_is_sealed_opens(fresh: FreshKeys, size: SealedSize) -> None:
    """In the sizes of the wire, full and empty."""
    key = fresh.opening()
    for content in (b"", b"a paper", bytes(range(256)) * (size // 256 - 1)):
        sealed = key.sealing.seal(content, _CONTEXT, size)
        assert len(sealed) == size + SEAL_BYTES
        assert key.open(sealed, _CONTEXT) == content
        assert content == b"" or content not in sealed
    assert SealingKey(key.sealing.public).key_id == key.sealing.key_id
    assert len(key.sealing.public) == PUBLIC_BYTES


def test_the_first_size_that_holds_it_is_taken(fresh: FreshKeys) -> None:
    """And where none does it is refused."""
    key = fresh.opening()
    sizes = (SealedSize.SMALL, SealedSize.MEDIUM)
    assert len(key.sealing.seal(bytes(4093), _CONTEXT, *sizes)) == SealedSize.MEDIUM + SEAL_BYTES
    with pytest.raises(Refused) as refused:
        key.sealing.seal(bytes(16384), _CONTEXT, *sizes)
    assert refused.value.code is Code.OVERSIZE


@pytest.mark.parametrize("other", sorted(_OTHERS))
def test_a_seal_opens_in_its_context_alone(fresh: FreshKeys, other: str) -> None:
    """As with signatures."""
    key = fresh.opening()
    sealed = key.sealing.seal(_PAYLOAD, _CONTEXT, SealedSize.SMALL)
    _not_opened(lambda: key.open(sealed, _OTHERS[other]))


def test_a_seal_to_another_key_does_not_open(fresh: FreshKeys) -> None:
    """And neither does one to another kind of key."""
    one, other = fresh.opening(), fresh.opening()
    assert one.sealing.public != other.sealing.public
    for theirs in (other, SYSTEM_KEYS.opening(), WorldOpeningKey(bytes(32))):
        sealed = theirs.sealing.seal(_PAYLOAD, _CONTEXT, SealedSize.SMALL)
        _not_opened(lambda sealed=sealed: one.open(sealed, _CONTEXT))  # type: ignore[misc]


def test_every_changed_byte_of_a_seal_is_found(fresh: FreshKeys) -> None:
    """In what is encapsulated, in the content, in the padding and in the tag."""
    key = fresh.opening()
    sealed = key.sealing.seal(_PAYLOAD, _CONTEXT, SealedSize.SMALL)
    for place in (*range(0, len(sealed), 41), len(sealed) - 1):
        changed = sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :]
        _not_opened(lambda changed=changed: key.open(changed, _CONTEXT))  # type: ignore[misc]
    for changed in (b"", sealed[:-1], sealed + b"\0"):
        _not_opened(lambda changed=changed: key.open(changed, _CONTEXT))  # type: ignore[misc]


def test_no_sealing_key_is_refused(fresh: FreshKeys) -> None:
    """Cut short, too long, of no kind that there is."""
    public = fresh.opening().sealing.public
    for wrong in (b"", public[:-1], public + b"\0", b"\xff" * 1184 + public[1184:]):
        _not_opened(lambda wrong=wrong: SealingKey(wrong))  # type: ignore[misc]


def test_keys_are_read_from_their_files(fresh: FreshKeys) -> None:
    """A file tells its kind."""
    opening = fresh.opening()
    again = OpeningKey.from_bytes(opening.to_bytes())
    assert (type(again), again.sealing.public) == (type(opening), opening.sealing.public)
    assert len(opening.to_bytes()) == 96
    world = _world().signing()
    read = SigningKey.from_pem(world.to_file())
    assert (type(read), read.verifying.point) == (WorldSigningKey, world.verifying.point)
    assert type(SigningKey.from_pem(key_pem(new_p256_key()))) is SigningKey


@pytest.mark.parametrize("wrong", [b"", b"zz", bytes(31).hex().encode()], ids=["empty", "no hexadecimal", "short"])
def test_a_damaged_file_is_refused(wrong: bytes) -> None:
    """As a damaged PEM is."""
    with pytest.raises(ValueError, match=r"."):
        SigningKey.from_pem(b"signing key of a simulated world: " + wrong)
    for private in (WorldOpeningKey(bytes(32)).to_bytes()[:-1], b"", b"opening key of a simulated world"):
        with pytest.raises(ValueError, match=r"."):
            WorldOpeningKey.from_bytes(private)
    for kind in (WorldSigningKey, WorldOpeningKey):
        with pytest.raises(ValueError, match="32 bytes"):
            kind(bytes(31))
    with pytest.raises(ValueError, match="no key"):
        WorldSigningKey.from_pem(key_pem(new_p256_key()))


def test_one_seed_gives_one_run() -> None:
    """Keys, signatures and seals of the world are the same bytes each time."""

    def run() -> list[bytes]:
        fresh = _world()
        signing, opening = fresh.signing(), fresh.opening()
        signed = signing.sign(_PAYLOAD, _CONTEXT)
        return [
            signing.verifying.point,
            opening.sealing.public,
            signed,
            opening.sealing.seal(signed, _CONTEXT, *SealedSize),
        ]

    assert run() == run()


def test_a_kind_that_real_keys_could_begin_with_is_refused() -> None:
    """No kind of the world can stand in the place of a real one."""
    with pytest.raises(ValueError, match="real key"):

        class _OtherSealing(SealingKey, begins=bytes(16)):
            pass

    with pytest.raises(ValueError, match="real point"):

        class _OtherPoint(VerifyingKey, begins=b"\x04" + bytes(7)):
            pass

"""Signed notes against the specifications' own examples, and against a reader that is not ours."""

from __future__ import annotations

import base64
import hashlib
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, NoteKey, NoteSigner, SignatureType, signature_lines

# C2SP signed-note, "Verifier keys", and the note of the documentation of Go's golang.org/x/mod/sumdb/note.
EXAMPLES = [
    (
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        (
            "This is an example message.\n\n— example.com/foo"
            " Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
        ),
    ),
    (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        (
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
            "— PeterNeumann"
            " x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        ),
    ),
]
# C2SP tlog-cosignature and tlog-witness.
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa"
    " Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1"
    " jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
PROOF = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="


def signer(name: str = "konbini/center", kind: SignatureType = SignatureType.ED25519, seed: int = 1) -> NoteSigner:
    """Make a key."""
    return NoteSigner(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def read_by_hand(note: str, vkey: str) -> int:
    """Check a note as the specification says, with nothing of ours; give the time, 0 where there is none.

    Raises:
        cryptography.exceptions.InvalidSignature: it does not hold.
    """
    name, key_id, encoded = vkey.split("+")
    material = base64.b64decode(encoded)
    assert hashlib.sha256(name.encode() + b"\n" + material).hexdigest()[:8] == key_id
    text, _, lines = note.rpartition("\n\n")
    for line in lines.splitlines():
        dash, who, blob = line.split(" ")
        raw = base64.b64decode(blob)
        if (dash, who, raw[:4].hex()) != ("—", name, key_id):
            continue
        message, signature, time = f"{text}\n".encode(), raw[4:], 0
        if material[0] == 4:
            (time,) = struct.unpack(">Q", raw[4:12])
            message, signature = f"cosignature/v1\ntime {time}\n{text}\n".encode(), raw[12:]
        Ed25519PublicKey.from_public_bytes(material[1:]).verify(signature, message)
        return int(time)
    raise AssertionError("no line of this key")


@pytest.mark.parametrize(("vkey", "note"), EXAMPLES)
def test_the_published_examples(vkey: str, note: str) -> None:
    """They hold, are written again as they were, and hold no more with another letter."""
    key = NoteKey.parse(vkey)
    assert str(key) == vkey
    assert str(Note.parse(note)) == note
    assert Note.parse(note).require(key) == read_by_hand(note, vkey) == 0
    with pytest.raises(Refused) as refusal:
        Note.parse(note.replace("i", "j", 1)).times((key,))
    assert refusal.value.code is Code.SIGNATURE_INVALID


def test_the_cosigned_example_is_read() -> None:
    """Its lines, its checkpoint and, in the witness's bytes, the time that the specification's text names."""
    note = Note.parse(COSIGNED)
    assert str(note) == COSIGNED
    found = Checkpoint.of(note)
    assert (found.origin, found.size, found.text) == ("example.com/behind-the-sofa", 20852163, note.text)
    assert int.from_bytes(note.signatures[1].signature[:8]) == 1679315147
    request = f"old 20852014\n{PROOF}\n\n{COSIGNED}".encode()
    read = CheckpointRequest.from_bytes(request)
    assert (read.old_size, len(read.proof), read.to_bytes()) == (20852014, 1, request)


@given(text=st.text(st.characters(min_codepoint=32, codec="utf-8")), time=st.integers(0, 2**63 - 1))
def test_what_we_sign_another_hand_reads(text: str, time: int) -> None:
    """Both types, in one note, by the specification's rule alone."""
    log, witness = signer(), signer("konbini/131997/witness", SignatureType.COSIGNATURE, 2)
    body = f"{text}\n"
    note = Note(text=body, signatures=(log.sign(body), witness.sign(body, time)))
    again = Note.from_bytes(note.to_bytes())
    assert again == note
    assert again.times((log.key, witness.key)) == {log.key: 0, witness.key: time}
    assert read_by_hand(str(note), str(log.key)) == 0
    assert read_by_hand(str(note), str(witness.key)) == time


def test_an_unknown_key_is_passed_over_and_a_known_one_is_not() -> None:
    """A line that nobody can judge changes nothing; a bad line of a known key refuses the note."""
    log, other = signer(), signer("elsewhere", seed=3)
    note = Note(text="a\n", signatures=(other.sign("b\n"), log.sign("a\n")))
    assert note.times((log.key,)) == {log.key: 0}
    with pytest.raises(Refused):
        note.times((log.key, other.key))
    with pytest.raises(Refused):
        Note(text="a\n", signatures=(log.sign("a\n"),)).require(other.key)


def test_a_newer_signature_takes_the_place_of_the_older() -> None:
    """Of the same key; and of two times of one witness the later counts."""
    witness = signer(kind=SignatureType.COSIGNATURE)
    note = Note(text="a\n", signatures=(witness.sign("a\n", 5),))
    assert note.signed_by(witness.sign("a\n", 9)).signatures == (witness.sign("a\n", 9),)
    both = Note(text="a\n", signatures=(witness.sign("a\n", 9), witness.sign("a\n", 5)))
    assert both.require(witness.key) == 9


def test_a_cosignature_passes_as_no_signature() -> None:
    """The same key under the other type has another id, and signs other bytes."""
    plain, timed = signer(), signer(kind=SignatureType.COSIGNATURE)
    assert plain.key.public == timed.key.public
    assert plain.key.key_id != timed.key.key_id
    line = timed.sign("a\n", 1)
    forged = Note(text="a\n", signatures=(plain.sign("a\n"),))
    assert timed.key not in forged.times((timed.key,))
    with pytest.raises(Refused):
        plain.key.time_of("a\n", line.signature[8:])
    with pytest.raises(Refused):
        timed.key.time_of("a\n", line.signature[8:])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "a\n",
        "a\n\n",
        "a\n\n— n AAAA",
        "a\n\n- n AAAAAAA=\n",
        "a\n\n— n AAAA\n",
        "a\n\n— n+x AAAAAAA=\n",
        "a\n\n—  AAAAAAA=\n",
        "a\n\n— n AAAAAAB=\n",
        "a\n\n— n AAAA AAA=\n",
        "a\r\n\n— n AAAAAAA=\n",
        "a\n\n" + "— n AAAAAAA=\n" * 65,
    ],
)
def test_what_is_no_note(note: str) -> None:
    """Refused when it is read."""
    with pytest.raises(Refused) as refusal:
        Note.parse(note)
    assert refusal.value.code is Code.MALFORMED


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv",
    ],
)
def test_what_is_no_verifier_key(vkey: str) -> None:
    """Another name, id, type or length."""
    with pytest.raises(Refused) as refusal:
        NoteKey.parse(vkey)
    assert refusal.value.code is Code.MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\n",
        "o\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n٣\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n" + "1" * 5000 + "\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nAAAA\n",
        "o\n1\n*\n",
        "o\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nx\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    """Another form of a number or hash, a number beyond all logs, an empty line, an empty tree with another root."""
    with pytest.raises(Refused):
        Checkpoint.of(Note(text=text, signatures=signature_lines("— n AAAAAAA=\n")))


@pytest.mark.parametrize(
    "head",
    ["", "old", "old 01", "old " + "1" * 5000, "old 1\nAAAA", "new 1", "old 1\n" + f"{PROOF}\n" * 63 + PROOF],
)
def test_what_is_no_request(head: str) -> None:
    """Another first line, another hash, more hashes than a proof can have."""
    with pytest.raises(Refused):
        CheckpointRequest.from_bytes(f"{head}\n\n{COSIGNED}".encode())


def test_extension_lines_are_kept_as_they_are() -> None:
    """They mean nothing here, and are signed with the rest."""
    text = "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n"
    found = Checkpoint.of(Note(text=text, signatures=signature_lines("— n AAAAAAA=\n")))
    assert (found.extensions, found.text) == (("more",), text)

"""OWNLIST: its bytes, its bounds, and that the longest list there can be has the size of every other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.codec import Value, encode
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, IssuanceFate, MessageKind
from konbini.protocol.own_list import MOST_OWN_ISSUANCES, OwnIssuance, OwnList, OwnListAsk, OwnListBody
from konbini.protocol.sealing import SEAL_BYTES, OpeningKey, SealedSize
from konbini.protocol.shape import LAST_MOMENT, from_bytes, to_bytes
from konbini.protocol.visits import answer, read_answer, refusal

ENTRY = OwnIssuance(
    number="131997-261122-30000017-1",
    kind=CertificateKind.RESIDENT_RECORD,
    issued=1_795_000_000,
    kiosk="K-0001",
    operator="Konbini",
    fate=IssuanceFate.PRINTED,
)
LIST = OwnList(t=bytes(32), ordinal=1, since=1_763_000_000, entries=(ENTRY,), older=0)

issuances = st.builds(
    OwnIssuance,
    number=st.text(max_size=64),
    kind=st.sampled_from(CertificateKind),
    issued=st.integers(0, LAST_MOMENT),
    kiosk=st.text(max_size=64),
    operator=st.text(max_size=64),
    fate=st.sampled_from(IssuanceFate),
)
lists = st.builds(
    OwnList,
    t=st.binary(min_size=32, max_size=32),
    ordinal=st.integers(0, 9),
    since=st.integers(0, LAST_MOMENT),
    entries=st.lists(issuances, max_size=MOST_OWN_ISSUANCES).map(tuple),
    older=st.integers(0, 1_000_000),
)


def test_the_bytes_of_a_list() -> None:
    """An array of integers, bytes and text, in the order of the document; so are the ask and its body."""
    line: list[Value] = ["131997-261122-30000017-1", 1, 1_795_000_000, "K-0001", "Konbini", 1]
    assert to_bytes(LIST) == encode([bytes(32), 1, 1_763_000_000, [line], 0])
    assert to_bytes(OwnListAsk(t=bytes(32), ordinal=3)) == encode([bytes(32), 3])
    body = OwnListBody(visit=bytes(32), ordinal=3, key_id=bytes(8), sealed=b"sealed")
    assert to_bytes(body) == encode([bytes(32), 3, bytes(8), b"sealed"])


@given(lists)
def test_a_list_is_read_as_it_was_written(one: OwnList) -> None:
    """Round trip, as it stands in an answer."""
    assert read_answer(OwnList, answer(one)) == one


@given(st.binary(max_size=120))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    """Nothing else is raised."""
    try:
        read = from_bytes(OwnList, data)
    except Refused:
        return
    assert to_bytes(read) == data


@pytest.mark.parametrize(
    "value",
    [
        [bytes(32), 1, 0, [["", 1, 0, "", "", 1]] * (MOST_OWN_ISSUANCES + 1), 0],
        [bytes(32), 1, 0, [["", 1, 0, "", "", 5]], 0],
        [bytes(32), 1, 0, [["", 9, 0, "", "", 1]], 0],
        [bytes(32), 1, 0, [["", 1, 0, "", "", 1, 0]], 0],
        [bytes(32), 1, 0, [["x" * 65, 1, 0, "", "", 1]], 0],
        [bytes(31), 1, 0, [], 0],
        [bytes(32), 10, 0, [], 0],
        [bytes(32), 1, 0, [], True],
    ],
)
def test_what_breaks_a_bound_is_malformed(value: Value) -> None:
    """One entry too many, a fate that is none, a line that is too long."""
    with pytest.raises(Refused) as refused:
        from_bytes(OwnList, encode(value))
    assert refused.value.code is Code.MALFORMED


def test_the_longest_list_and_a_refusal_have_one_size() -> None:
    """Every field as long as it may be, in characters of four bytes: sealed it is as long as a refusal."""
    longest = replace(ENTRY, number="𠮷" * 64, kiosk="𠮷" * 64, operator="𠮷" * 64, issued=LAST_MOMENT)
    full = replace(LIST, entries=(longest,) * MOST_OWN_ISSUANCES, older=1_000_000, since=LAST_MOMENT)
    key, signing = OpeningKey.generate(), SigningKey.generate()
    context = Context(kind=MessageKind.OWNLIST, sender="W" * 64, receiver="K" * 64, visit=bytes(32), ordinal=3)
    for content in (answer(full), answer(LIST), refusal(Code.ASK_AT_COUNTER)):
        sealed = key.sealing.seal(signing.sign(content, context), context, SealedSize.MEDIUM)
        assert len(sealed) == SealedSize.MEDIUM + SEAL_BYTES
        assert key.open(sealed, context)

"""The issuer list and the status list: signed, bounded, never going back, and right about each paper."""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.pdf.paper_seal.issuers import MOST_LIST_BYTES, IssuerKey, IssuerList, KeyUse
from konbini.pdf.paper_seal.status import MOST_STATUS_BYTES, Status, StatusList, check_status
from konbini.protocol.codec import encode
from konbini.protocol.cose import Context, SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import ANYONE, MessageKind
from konbini.protocol.shape import checked_value
from tests.unit.pdf.paper_seal.conftest import NOON, Keys
from tests.unit.pdf.paper_seal.pages import specimen_page

STATUSES = st.lists(st.sampled_from(Status), max_size=70)


def listed(keys: Keys, *statuses: Status, **other: object) -> StatusList:
    """Make the list of the first incarnation, with some fields as they should not be."""
    made = StatusList.of(
        statuses,
        key_id=keys.status.verifying.key_id,
        municipality="131997",
        incarnation=1,
        issued=NOON,
        expires=NOON + 3600,
    )
    return replace(made, **other)  # type: ignore[arg-type]


def status_refusal(signed: bytes, issuers: IssuerList) -> Code:
    """Give by which name a status list is refused."""
    with pytest.raises(Refused) as refusal:
        StatusList.open(signed, issuers)
    return refusal.value.code


@given(STATUSES)
def test_every_status_reads_back(keys: Keys, issuers: IssuerList, statuses: list[Status]) -> None:
    """Each index gives what was put there, and the first one beyond is unknown."""
    opened = StatusList.open(listed(keys, *statuses).sign(keys.status), issuers)
    assert [opened.status(index) for index in range(len(statuses))] == statuses
    for beyond in (len(statuses), -1):
        with pytest.raises(Refused) as refusal:
            opened.status(beyond)
        assert refusal.value.code is Code.PAPER_STATUS_UNKNOWN


def test_a_list_of_a_year_beyond_all_calendars_is_refused(keys: Keys, issuers: IssuerList) -> None:
    """Rightly signed, but of no day on which its key could have been in force."""
    fields = checked_value(listed(keys, Status.VALID))
    issued = [field.name for field in dataclasses.fields(StatusList)].index("issued")
    fields[issued] = 2**40
    context = Context(kind=MessageKind.STATUS_LIST, sender="131997", receiver=ANYONE)
    assert status_refusal(keys.status.sign(encode(fields), context), issuers) is Code.MALFORMED


def test_the_packing_is_the_token_status_lists() -> None:
    """Two bits a status, the first in the lowest bits, zlib: the draft's own example of two bits."""
    example = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    made = StatusList.of(
        [Status(one) for one in example],
        key_id=bytes(8),
        municipality="131997",
        incarnation=0,
        issued=0,
        expires=1,
    )
    assert zlib.decompress(made.packed) == bytes.fromhex("c944f9")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.VOID, Code.PAPER_VOID),
        (Status.WITHDRAWN, Code.PAPER_WITHDRAWN),
        (Status.UNSETTLED, Code.PAPER_STATUS_UNKNOWN),
    ],
)
def test_a_paper_that_is_not_valid_is_refused_by_name(keys: Keys, status: Status, code: Code) -> None:
    """Void, withdrawn, unsettled; its neighbours in the list are not touched."""
    made = listed(keys, *[Status.VALID] * 7, status, Status.VALID)
    check_status(specimen_page(index=8), made)
    with pytest.raises(Refused) as refusal:
        check_status(specimen_page(index=7), made)
    assert refusal.value.code is code


def test_another_list_says_nothing(keys: Keys) -> None:
    """A list of another municipality or incarnation, and one made before the paper."""
    made = listed(keys, *[Status.VALID] * 7)
    for other in (made, replace(made, municipality="131994"), replace(made, incarnation=2)):
        with pytest.raises(Refused) as refusal:
            check_status(specimen_page(index=7), other)
        assert refusal.value.code is Code.PAPER_STATUS_UNKNOWN


def test_a_status_list_of_another_hand_is_refused(keys: Keys, issuers: IssuerList) -> None:
    """Signed by a page key, by nobody known, by a key of another municipality, out of the key's life, or changed."""
    own = SigningKey.generate()
    by_page_key = listed(keys, key_id=keys.pages.verifying.key_id).sign(keys.pages)
    assert status_refusal(by_page_key, issuers) is Code.PAPER_KEY_UNKNOWN
    assert status_refusal(listed(keys, key_id=own.verifying.key_id).sign(own), issuers) is Code.PAPER_KEY_UNKNOWN
    assert status_refusal(listed(keys, municipality="131994").sign(keys.status), issuers) is Code.SIGNATURE_INVALID
    assert status_refusal(listed(keys, issued=NOON - 10**8).sign(keys.status), issuers) is Code.PAPER_KEY_EXPIRED
    signed = bytearray(listed(keys, *[Status.VOID] * 9).sign(keys.status))
    signed[-70] ^= 1
    assert status_refusal(bytes(signed), issuers) in (Code.SIGNATURE_INVALID, Code.MALFORMED)
    with pytest.raises(ValueError, match="names the key"):
        listed(keys).sign(own)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 2}, Code.VERSION_UNKNOWN),
        ({"bits": 1}, Code.MALFORMED),
        ({"count": 50}, Code.MALFORMED),
        ({"count": 1}, Code.MALFORMED),
        ({"packed": b"plain"}, Code.MALFORMED),
        ({"packed": zlib.compress(bytes(3))[:-1]}, Code.MALFORMED),
        ({"packed": zlib.compress(bytes(3)) + b"x"}, Code.MALFORMED),
        ({"packed": zlib.compress(bytes(1 << 24))}, Code.MALFORMED),
    ],
)
def test_a_status_list_of_another_shape_is_refused(
    keys: Keys, issuers: IssuerList, change: dict[str, object], code: Code
) -> None:
    """Signed by the right key and still not as it should be; what inflates too far stops at its bound."""
    signed = listed(keys, *[Status.VALID] * 9, **change).sign(keys.status)
    assert status_refusal(signed, issuers) is code


@given(st.binary(max_size=300))
def test_other_bytes_are_no_list(keys: Keys, issuers: IssuerList, data: bytes) -> None:
    """Neither list is read out of anything else."""
    for some in (data, bytes.fromhex("d28443a10126a0") + data):
        assert status_refusal(some, issuers) is Code.MALFORMED
        with pytest.raises(Refused) as refusal:
            IssuerList.open(some, keys.authority.verifying, newest_seen=0)
        assert refusal.value.code is Code.SIGNATURE_INVALID


def test_lists_have_a_size(keys: Keys, issuers: IssuerList) -> None:
    """What is too long is refused unread."""
    assert status_refusal(bytes(MOST_STATUS_BYTES + 1), issuers) is Code.OVERSIZE
    with pytest.raises(Refused) as refusal:
        IssuerList.open(bytes(MOST_LIST_BYTES + 1), keys.authority.verifying, newest_seen=0)
    assert refusal.value.code is Code.OVERSIZE


def test_an_issuer_list_never_goes_back(keys: Keys) -> None:
    """An older version than the one seen, and one of another hand."""
    signed = keys.issuer_list(version=3).sign(keys.authority)
    assert IssuerList.open(signed, keys.authority.verifying, newest_seen=3).version == 3
    for authority, newest_seen, code in (
        (keys.authority, 4, Code.MALFORMED),
        (keys.pages, 0, Code.SIGNATURE_INVALID),
    ):
        with pytest.raises(Refused) as refusal:
            IssuerList.open(signed, authority.verifying, newest_seen=newest_seen)
        assert refusal.value.code is code


def test_an_issuer_list_names_each_key_once(keys: Keys) -> None:
    """A key under two municipalities, a code that is none and a point that is none are refused."""
    whole = keys.issuer_list()
    first, second, _ = whole.keys
    for wrong in (
        (first, replace(second, point=first.point)),
        (replace(first, municipality="１３１９９７"),),
        (replace(first, municipality="13199"),),
        (replace(first, point=bytes(65)),),
    ):
        signed = replace(whole, keys=wrong).sign(keys.authority)
        with pytest.raises(Refused) as refusal:
            IssuerList.open(signed, keys.authority.verifying, newest_seen=0)
        assert refusal.value.code is Code.MALFORMED


def test_lists_say_whether_they_are_current(keys: Keys) -> None:
    """Up to their end, and not from then on."""
    for one in (keys.issuer_list(), listed(keys)):
        assert (one.is_current(one.expires - 1), one.is_current(one.expires)) == (True, False)


def test_a_key_has_one_use(keys: Keys) -> None:
    """A key for pages is not found for status lists."""
    issuers = keys.issuer_list()
    found: IssuerKey = issuers.key(keys.pages.verifying.key_id, KeyUse.PAGES)
    assert found.municipality == "131997"
    with pytest.raises(Refused) as refusal:
        issuers.key(keys.pages.verifying.key_id, KeyUse.STATUS)
    assert refusal.value.code is Code.PAPER_KEY_UNKNOWN

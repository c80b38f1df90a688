"""What is said of papers: genuine, forged, swapped, of another household, expired, void, incomplete, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.verifier.checking import Report, check
from konbini.verifier.lists import Lists, open_lists
from konbini.verifier.sheets import File, Sheet
from konbini.verifier.verdict import Reason, Verdict, gravest
from tests.papers import NOON, OTHER_NUMBER, Municipality, seals_of
from tests.unit.verifier.conftest import STATUSES


def seen(*codes: bytes | Sequence[bytes]) -> list[File]:
    """Give photos, each of one sheet with the codes that were found on it."""
    return [
        File(name=f"{place}.png", sheets=(Sheet(codes=(one,) if isinstance(one, bytes) else tuple(one), text=None),))
        for place, one in enumerate(codes, 1)
    ]


def told(report: Report) -> tuple[Reason, Verdict]:
    """Give the one reason that is told, and its verdict."""
    return report.reason, report.reason.verdict


def test_a_whole_certificate_is_valid(municipality: Municipality, lists: Lists) -> None:
    """Two pages, in any order, one of them photographed twice."""
    first, second = municipality.codes(seals_of(5))
    report = check(seen(second, first, second), lists, NOON)
    assert told(report) == (Reason.VALID, Verdict.VALID)
    (one,) = report.certificates
    assert [page.page for page in one.pages] == [1, 2]
    assert one.missing == ()


def test_an_edited_seal_is_forged(municipality: Municipality, lists: Lists) -> None:
    """Any byte behind the key id that changes breaks the signature; a genuine page beside it outvotes nothing."""
    (genuine,) = municipality.codes(seals_of())
    edited = bytearray(genuine)
    edited[-100] ^= 0x20
    assert told(check(seen(bytes(edited)), lists, NOON)) == (Reason.SIGNATURE_WRONG, Verdict.FORGED)
    assert told(check(seen(genuine, bytes(edited)), lists, NOON)) == (Reason.SIGNATURE_WRONG, Verdict.FORGED)


def test_a_forgers_own_key_is_unknown(lists: Lists) -> None:
    """A seal of the right shape under a key that nobody vouches for."""
    forged = Municipality.make().codes(seals_of())
    assert told(check(seen(*forged), lists, NOON)) == (Reason.KEY_UNKNOWN, Verdict.KEY)


def test_the_status_key_seals_no_page(municipality: Municipality, lists: Lists) -> None:
    """A listed key signs only what it is listed for."""
    other = Municipality(authority=municipality.authority, pages=municipality.status, status=municipality.pages)
    assert told(check(seen(*other.codes(seals_of())), lists, NOON)) == (Reason.KEY_UNKNOWN, Verdict.KEY)


@pytest.mark.parametrize(("begins", "ends"), [(20260401, 20261119), (20261121, 20290331)])
def test_a_key_that_was_not_in_force_on_the_day_of_issue(municipality: Municipality, begins: int, ends: int) -> None:
    """Expired before it, or not begun: the paper is refused, whatever day it is shown."""
    lists = open_lists(
        municipality.authority.verifying,
        municipality.issuers(begins=begins, ends=ends),
        [municipality.statuses(STATUSES)],
        None,
    )
    assert told(check(seen(*municipality.codes(seals_of())), lists, NOON)) == (Reason.KEY_EXPIRED, Verdict.KEY)


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (0, Reason.VALID),
        (1, Reason.VOID),
        (2, Reason.WITHDRAWN),
        (3, Reason.STATUS_UNSETTLED),
        (4, Reason.STATUS_EARLIER),
    ],
)
def test_the_status_list_is_asked(municipality: Municipality, lists: Lists, index: int, reason: Reason) -> None:
    """Each status has its own sentence; a paper newer than the list is not called valid."""
    report = check(seen(*municipality.codes(seals_of(status_index=index))), lists, NOON)
    assert report.reason is reason


def test_a_truncated_certificate_is_incomplete(municipality: Municipality, lists: Lists) -> None:
    """The second of two pages is kept back."""
    report = check(seen(municipality.codes(seals_of(5))[0]), lists, NOON)
    assert told(report) == (Reason.PAGES_MISSING, Verdict.INCOMPLETE)
    assert report.certificates[0].missing == (2,)


def test_a_swapped_page_of_another_household(municipality: Municipality, lists: Lists) -> None:
    """Both pages are genuine; together they are no certificate."""
    first = municipality.codes(seals_of(5))[0]
    stranger = municipality.codes(seals_of(5, OTHER_NUMBER))[1]
    assert told(check(seen(first, stranger), lists, NOON)) == (Reason.PAGES_MIXED, Verdict.FORGED)


def test_a_page_of_the_same_number_and_another_set(municipality: Municipality, lists: Lists) -> None:
    """One number stands on one set: a page of another set hash under it is mixed in."""
    first, second = municipality.codes(seals_of(5))[0], municipality.codes(seals_of(6))[1]
    assert told(check(seen(first, second), lists, NOON)) == (Reason.PAGES_MIXED, Verdict.FORGED)


def test_two_whole_certificates_are_two(municipality: Municipality, lists: Lists) -> None:
    """Handed over together, each is judged by itself; one void makes the answer void."""
    genuine, void = municipality.codes(seals_of()), municipality.codes(seals_of(1, OTHER_NUMBER, status_index=1))
    report = check(seen(*genuine, *void), lists, NOON)
    assert [one.reason for one in report.certificates] == [Reason.VALID, Reason.VOID]
    assert told(report) == (Reason.VOID, Verdict.REVOKED)


def test_a_sheet_without_a_seal_is_not_checkable(municipality: Municipality, lists: Lists) -> None:
    """No code, a code that says something else, and one sheet of several without a code."""
    genuine = municipality.codes(seals_of())[0]
    for codes in ([()], [(b"an address of some shop",)], [genuine, ()]):
        assert told(check(seen(*codes), lists, NOON)) == (Reason.SEAL_MISSING, Verdict.NOT_CHECKABLE)


def test_another_code_beside_the_seal_is_passed_over(municipality: Municipality, lists: Lists) -> None:
    """A sticker with an address on a genuine page."""
    report = check(seen((b"an address", *municipality.codes(seals_of()))), lists, NOON)
    assert report.reason is Reason.VALID


def test_lists_that_are_old(municipality: Municipality) -> None:
    """A status list or an issuer list that has expired, or none of this municipality: valid is not said."""
    authority, codes = municipality.authority.verifying, municipality.codes(seals_of())
    old = open_lists(authority, municipality.issuers(), [municipality.statuses(STATUSES, expires=NOON)], None)
    assert check(seen(*codes), old, NOON).reason is Reason.STATUS_OUTDATED
    stale = open_lists(authority, municipality.issuers(expires=NOON), [municipality.statuses(STATUSES)], None)
    assert check(seen(*codes), stale, NOON).reason is Reason.ISSUERS_OUTDATED
    other = open_lists(authority, municipality.issuers(), [municipality.statuses(STATUSES, incarnation=2)], None)
    assert check(seen(*codes), other, NOON).reason is Reason.STATUS_MISSING


def test_an_old_list_still_tells_that_a_paper_is_void(municipality: Municipality) -> None:
    """Void does not turn back, so that no newer list is needed for it."""
    lists = open_lists(
        municipality.authority.verifying,
        municipality.issuers(),
        [municipality.statuses(STATUSES, expires=NOON - 1)],
        None,
    )
    assert check(seen(*municipality.codes(seals_of(status_index=1))), lists, NOON).reason is Reason.VOID


def test_of_two_status_lists_the_newer_counts(municipality: Municipality) -> None:
    """Whatever order they are given in."""
    older = municipality.statuses(STATUSES, issued=NOON - 7200)
    newer = municipality.statuses((STATUSES[2], *STATUSES[1:]), issued=NOON - 60)
    for given_lists in ([older, newer], [newer, older]):
        lists = open_lists(municipality.authority.verifying, municipality.issuers(), given_lists, None)
        assert check(seen(*municipality.codes(seals_of())), lists, NOON).reason is Reason.WITHDRAWN


def test_lists_under_another_authority_are_refused(municipality: Municipality) -> None:
    """Whoever hands over papers may hand over lists as well; the pinned key decides."""
    with pytest.raises(Refused) as refused:
        open_lists(SigningKey.generate().verifying, municipality.issuers(), [], None)
    assert refused.value.code is Code.SIGNATURE_INVALID


@given(st.lists(st.sampled_from(list(Reason)), min_size=1))
def test_valid_is_said_only_where_nothing_else_stands(reasons: list[Reason]) -> None:
    """And forged wins over all."""
    found = gravest(reasons)
    assert found in reasons
    assert (found is Reason.VALID) == (set(reasons) == {Reason.VALID})
    if any(reason.verdict is Verdict.FORGED for reason in reasons):
        assert found.verdict is Verdict.FORGED


def test_no_check_proves_nothing() -> None:
    """An empty list of reasons is a defect, not a valid paper."""
    with pytest.raises(ValueError, match="no check"):
        gravest([])

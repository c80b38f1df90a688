"""What leaves the ward: of what its clerk and its registry say, nothing but that it failed."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code
from konbini.protocol.frames import LinkRefusal
from konbini.protocol.shape import from_bytes
from konbini.ward_server.issuing.answers import STOPPING, outward
from konbini.ward_server.issuing.opening import link_refusal


@pytest.mark.parametrize("code", list(Code))
def test_every_code_can_be_told_in_the_open(code: Code) -> None:
    """The kiosk sees its own codes; those of the clerk, of the registry and of whoever verifies a paper as INTERNAL."""
    told = Code(from_bytes(LinkRefusal, link_refusal(code, b"body").body).code)
    inside = code // 100 in (8, 10, 11)
    assert told is (Code.INTERNAL if inside else outward(code))
    assert inside or told in (code, Code.INTERNAL)


def test_what_stops_the_ward_is_told_to_nobody() -> None:
    """A kiosk cannot tell a mismatch from any other failure."""
    assert {outward(code) for code in STOPPING} == {Code.INTERNAL}

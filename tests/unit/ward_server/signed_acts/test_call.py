"""What stands for a call in what is signed: the process, the method and each byte of the arguments."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.ward_server.decisions.calls import agreeing, declining
from konbini.ward_server.signed_acts.call import arguments_of, call_digest, nothing, place_of, typed

CALL = agreeing("aoki", "0102030405060708")
PLACE = place_of("139999", "issuing")


def test_another_process_method_or_argument_is_another_call() -> None:
    """Nobody's signature under one stands for another."""
    others = (
        call_digest(place_of("139999", "clerk"), CALL.method, CALL.arguments),
        call_digest(place_of("131997", "issuing"), CALL.method, CALL.arguments),
        declining("aoki", "0102030405060708").digest(PLACE),
        agreeing("bando", "0102030405060708").digest(PLACE),
        agreeing("aoki", "0102030405060709").digest(PLACE),
    )
    assert len({CALL.digest(PLACE), *others}) == 1 + len(others)


def test_the_arguments_are_read_as_they_are_signed() -> None:
    """The operator first; what is no array of the wire is refused."""
    assert arguments_of(CALL.arguments) == ["aoki", "0102030405060708"]
    for data in (b"\x01", b"", b"\x81\xff", CALL.arguments + b"\x00"):
        with pytest.raises(Refused) as refusal:
            arguments_of(data)
        assert refusal.value.code is Code.MALFORMED


def test_an_answer_of_another_type_is_refused() -> None:
    """Also truth where a number is due."""
    assert typed(int)(3) == 3
    for read, answer in ((typed(int), True), (typed(str), b"a"), (nothing, 0)):
        with pytest.raises(Refused) as refusal:
            read(answer)
        assert refusal.value.code is Code.MALFORMED

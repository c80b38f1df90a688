"""A token of anybody's is judged or refused, whatever it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asn1crypto import cms, core, tsp

from konbini.protocol.errors import Code, Refused
from konbini.time_stamps.judging import judged_at

TIME = b"20260101000000Z"


def token(time: bytes) -> bytes:
    """Write a token that nobody signed."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3",
            "message_imprint": imprint,
            "serial_number": 1,
            "gen_time": datetime(2026, 1, 1, tzinfo=UTC),
        }
    )
    dumped = bytearray(info.dump())
    begin, longer = dumped.index(TIME), len(time) - len(TIME)
    dumped[begin : begin + len(TIME)] = time
    for length in (1, begin - 1):
        dumped[length] += longer
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(bytes(dumped))},
            "signer_infos": [],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


@pytest.mark.parametrize("time", [TIME, b"00000101000000Z", b"00010101000000+0900", b"99991231235959-0900"])
def test_no_time_breaks_the_judgement_off(time: bytes) -> None:
    """Also one that is of no year in our own zone."""
    with pytest.raises(Refused) as refusal:
        judged_at(token(time), b"a checkpoint", [])
    assert refusal.value.code is Code.MALFORMED

"""A signature of the world holds what a real one holds: the very bytes, a pinned authority, a life, one order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.simulation.town.pki.papers import make_paper_authority, make_signing_certificate
from konbini.simulation.town.ward import SUMIKAWA
from konbini.simulation.world.papers.signing import SimulatedSigner, open_signer, unsigned, verify
from konbini.ward_server.clerk.signing_key import SigningConfig, TokenConfig
from tests.unit.simulation.world.papers.conftest import BINDING, NOON, Case, Office, make_office

_YEAR = 365 * 86_400


def _verify(pdf: bytes, case: Case, office: Office, **other: Any) -> None:  # noqa: ANN401 - what is checked otherwise
    asked: dict[str, Any] = {
        "authorities": office.pinned,
        "moment": NOON,
        "number": case.facts.number,
        "binding": BINDING,
        "pages": len(case.seals),
    }
    verify(pdf, **(asked | other))


def _refused(pdf: bytes, case: Case, office: Office, **other: Any) -> str:  # noqa: ANN401 - the same
    with pytest.raises(Refused) as refused:
        _verify(pdf, case, office, **other)
    assert refused.value.code is Code.DOCUMENT_INVALID
    return refused.value.detail


def test_what_is_signed_verifies(household: Case, office: Office) -> None:
    """The very bytes come first, the same paper gets the same signature, and a view of memory is read too."""
    drawn = household.draw()
    signed = office.signer.sign(drawn, NOON)
    assert signed.startswith(drawn)
    assert signed == office.signer.sign(drawn, NOON)
    assert unsigned(signed) == drawn
    _verify(signed, household, office)
    verify(
        memoryview(bytearray(signed)),
        authorities=office.pinned,
        moment=NOON,
        number=household.facts.number,
        binding=BINDING,
        pages=2,
    )


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"number": "131997-251122-10000003-9"}, "number"),
        ({"binding": bytes(32)}, "binding"),
        ({"pages": 1}, "pages"),
        ({"authorities": ()}, "pinned"),
        ({"moment": NOON + 5 * _YEAR}, "authority"),
        ({"moment": NOON - _YEAR}, "authority"),
    ],
    ids=["number", "binding", "pages", "nobody pinned", "expired", "not yet"],
)
def test_what_does_not_agree_is_refused(household: Case, office: Office, other: dict[str, Any], why: str) -> None:
    """Each thing that a kiosk holds it against."""
    assert why in _refused(office.signer.sign(household.draw(), NOON), household, office, **other)


def test_another_authority_is_refused(household: Case, office: Office) -> None:
    """A paper that another ward's clerk signed."""
    signed = make_office().signer.sign(household.draw(), NOON)
    assert "authority" in _refused(signed, household, office)


def test_every_changed_byte_is_found(household: Case, office: Office) -> None:
    """Each in its turn, and what is cut off or stands after it."""
    signed = office.signer.sign(household.draw(), NOON)
    for place in range(0, len(signed), 7):
        changed = signed[:place] + bytes((signed[place] ^ 1,)) + signed[place + 1 :]
        _refused(changed, household, office)
    for changed in (signed[:-1], signed + b"\0", household.draw(), b"", b"%PDF-1.7"):
        _refused(changed, household, office)


def test_a_signer_holds_its_own_rules(household: Case, office: Office) -> None:
    """Outside its certificate's life, for what is no paper, and with another's key it signs nothing."""
    drawn = household.draw()
    for moment in (NOON - _YEAR, NOON + 5 * _YEAR):
        with pytest.raises(Refused) as refused:
            office.signer.sign(drawn, moment)
        assert refused.value.code is Code.SIGNING_CERTIFICATE_INVALID
    for pdf in (b"%PDF-1.7", office.signer.sign(drawn, NOON)):
        with pytest.raises(ValueError, match="not a paper"):
            office.signer.sign(pdf, NOON)


def test_the_key_is_the_certificates(tmp_path: Path) -> None:
    """Read from the files that the clerk's configuration names."""
    authority = make_paper_authority(SUMIKAWA, NOON)
    ours, theirs = (make_signing_certificate(authority, SUMIKAWA, NOON) for _ in range(2))
    key, certificate = tmp_path / "document.key", tmp_path / "document.pem"
    key.write_bytes(ours.key_pem())
    key.chmod(0o600)
    certificate.write_bytes(ours.certificate_pem())
    config = SigningConfig(certificates=(certificate,), key=key, time_stamps=None, revocation=None)
    with open_signer(config) as signer:
        assert signer.time_stamps is None
    with pytest.raises(ValueError, match="not that of"):
        SimulatedSigner(theirs.key_pem(), ours.certificate_der())
    token = TokenConfig(module=key, label="ward", key="document", pin=key)
    in_token = SigningConfig(certificates=(certificate,), key=token, time_stamps=None, revocation=None)
    with pytest.raises(ValueError, match="token"), open_signer(in_token):
        pytest.fail("there is none")

"""The clerk's signing key as its configuration names it: a token that goes and comes back, and papers of B-LT."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from konbini.pdf.verification import verify
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome
from konbini.protocol.numbers import binding
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.authority import Authority, Life, key_pem, key_usage, name, new_p256_key
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.ledger.issuances import IssuanceState
from tests.integration.pdf.services import Served, make_infrastructure
from tests.integration.pdf.softhsm import MODULE, PIN, SoftToken
from tests.integration.ward_server.clerks import Remembering
from tests.integration.ward_server.people import HEAD, SPOUSE
from tests.integration.ward_server.ward import Ward


def rewrite(ward: Ward, signing: str) -> None:
    """Write the clerk's table `[signing]` anew."""
    path = ward.town.configs / "clerk.toml"
    text = path.read_text()
    found = re.search(r"\[signing\]\n(?:[^\[].*\n)*", text)
    assert found is not None
    path.write_text(text.replace(found[0], f"[signing]\n{signing}\n"))


def in_token(pin: Path) -> str:
    """Name the town's key in a token."""
    return (
        'certificates = ["../keys/clerk/document.pem"]\n'
        f'[signing.token]\nmodule = "{MODULE}"\nlabel = "ward"\nkey = "document"\npin = "{pin}"'
    )


@pytest.fixture
def token(ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A token with the town's document key in it, and the clerk told to use it."""
    made = SoftToken.make(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.settings))
    made.put((ward.town.keys / "clerk" / "document.key").read_bytes(), "document", 1)
    write_pin(tmp_path, PIN)
    rewrite(ward, in_token(tmp_path / "token.pin"))
    return made


def write_pin(folder: Path, pin: str) -> None:
    """Write the secret file."""
    file = folder / "token.pin"
    file.touch(mode=0o600)
    file.write_text(pin + "\n")


async def restart(ward: Ward) -> None:
    """Start the clerk anew."""
    await ward.stop("clerk")
    await ward.start_clerk()
    await ward.caught_up()


async def test_a_ward_with_its_key_in_a_token(ward: Ward, token: SoftToken) -> None:
    """Papers are issued; while the token is away none is, the number is void, nobody stops; then they are again."""
    await restart(ward)
    visit = ward.visit(HEAD)
    await visit.open()
    assert (await visit.order()).document is not None
    await visit.settle(visit.receipt(Outcome.VOID))
    token.unplug()
    told = await visit.order(2)
    assert (told.code, told.document) == (Code.INTERNAL, None)
    assert ward.issuances()[-1] == (IssuanceState.VOID, Code.TOKEN_UNAVAILABLE)
    assert ward.events("clerk")[-1] == (AuditEvent.SEAL_REFUSED, Code.TOKEN_UNAVAILABLE)
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(1,)]
    assert ward.stops() == {"issuing": None, "clerk": None}
    token.plug_in()
    again = ward.visit(SPOUSE)
    await again.open()
    assert (await again.order()).document is not None


async def test_a_clerk_that_cannot_use_its_token_does_not_start(ward: Ward, token: SoftToken) -> None:
    """A wrong PIN is found when the process starts; so is a PIN that others may read."""
    await ward.stop("clerk")
    write_pin(token.folder, PIN[::-1])
    with pytest.raises(Refused) as caught:
        await ward.start_clerk()
    assert caught.value.code is Code.TOKEN_PIN_REFUSED
    token.log_in_by_hand()
    write_pin(token.folder, PIN)
    (token.folder / "token.pin").chmod(0o644)
    with pytest.raises(ValueError, match="open to others"):
        await ward.start_clerk()
    (token.folder / "token.pin").chmod(0o600)
    await ward.start_clerk()
    await ward.caught_up()


async def test_an_expired_certificate(ward: Ward, tmp_path: Path) -> None:
    """Refused at the seal with its own code: the number is void, nothing signed, nobody stopped."""
    offline = ward.town.keys / "offline"
    authority = Authority.from_pem((offline / "papers.pem").read_bytes(), (offline / "papers.key").read_bytes())
    key = new_p256_key()
    begins = authority.life.begins
    certificate = authority.issue(
        name("Document seal (specimen)", organization="Sumikawa"),
        key.public_key(),
        Life(begins=begins, ends=begins + timedelta(hours=1)),
        [(key_usage("digital_signature", "content_commitment"), True)],
    )
    write(tmp_path / "old.key", key_pem(key))
    write(tmp_path / "old.pem", certificate.public_bytes(serialization.Encoding.PEM))
    rewrite(ward, f'key = "{tmp_path / "old.key"}"\ncertificates = ["{tmp_path / "old.pem"}"]')
    await restart(ward)
    visit = ward.visit(HEAD)
    await visit.open()
    assert (await visit.order()).code is Code.INTERNAL
    assert ward.issuances() == [(IssuanceState.VOID, Code.SIGNING_CERTIFICATE_INVALID)]
    assert ward.rows("clerk", "SELECT count(*) FROM certified WHERE suffix IS NOT NULL") == [(0,)]
    assert ward.stops() == {"issuing": None, "clerk": None}


async def test_a_ward_of_b_lt(ward: Ward, tmp_path: Path) -> None:
    """Issued with time-stamp and evidence; the same bytes get the same long suffix when nobody answers any more."""
    running = make_infrastructure(
        tmp_path, {"clerk": new_p256_key()}, datetime.fromtimestamp(ward.clock.now() / 1000, UTC)
    )
    running.start()
    try:
        served = running.served("clerk", tmp_path)
        write(tmp_path / "clerk.key", served.key)
        for label in ("certificate", "authority", "stamps_authority"):
            write(tmp_path / f"{label}.pem", ssl.DER_cert_to_PEM_cert(getattr(served, label)).encode())
        rewrite(ward, _of_b_lt(tmp_path, served))
        await restart(ward)
        remembering = Remembering(ward.desk.clerk)
        ward.desk = replace(ward.desk, clerk=remembering)
        visit = ward.visit(HEAD)
        await visit.open()
        told = await visit.order()
    finally:
        running.close()
    assert told.document is not None
    ((suffix,),) = ward.rows("clerk", "SELECT suffix FROM certified WHERE suffix IS NOT NULL")
    assert b"/DSS" in suffix
    assert told.pdf == remembering.papers[0][1] + suffix
    verify(
        told.pdf,
        authorities=[served.authority],
        moment=ward.clock.now() // 1000,
        number=told.document.number,
        binding=binding(told.document.t, 1, told.document.number),
        pages=told.document.pages,
    )
    order, pdf = remembering.papers[0]
    assert (await remembering.seal(order, pdf)).suffix == suffix
    await restart(ward)
    await remembering.certify(remembering.evidence[0])
    assert (await remembering.seal(order, pdf)).suffix == suffix
    await visit.settle(visit.receipt(Outcome.VOID))
    assert (await visit.order(2)).code is Code.INTERNAL
    refused = [code for state, code in ward.issuances() if state is IssuanceState.VOID]
    assert Code.TIME_STAMP_UNAVAILABLE in refused


def _of_b_lt(folder: Path, served: Served) -> str:
    return (
        f'key = "{folder / "clerk.key"}"\ncertificates = ["{folder / "certificate.pem"}"]\n'
        f'[signing.time_stamps]\nurl = "{served.stamps()}"\nauthorities = ["{folder / "stamps_authority.pem"}"]\n'
        f'[signing.revocation]\nsources = ["{served.source}"]\nauthorities = ["{folder / "authority.pem"}"]'
    )

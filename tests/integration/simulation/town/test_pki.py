"""The town's certificates, judged by openssl and by the services that will meet them."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from konbini.pdf.signing import KeyFileSigner
from konbini.protocol.errors import Code, Refused
from konbini.protocol.tls import TlsFiles, client_context, expect_peer, server_context
from konbini.simulation.card.applet import Card
from konbini.simulation.card.keys import algorithm_of, sign_message
from konbini.simulation.town.people import CardCondition, HeldCard
from konbini.simulation.town.pki.cards import USER_AUTHENTICATION_POLICY
from konbini.simulation.town.town import Town
from konbini.ward_server.asking.card import check_signature, identify


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run openssl, a referee that nobody here wrote."""
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, text=True)  # noqa: S603, S607


def _card(town: Town, condition: CardCondition) -> HeldCard:
    return next(person.card for person in town.population.people if person.card and person.card.condition is condition)


def _verify(town: Town, authority: Path, certificate: Path, *more: str) -> subprocess.CompletedProcess[str]:
    at = ("-attime", str(town.moment))
    return _openssl("verify", "-x509_strict", *at, *more, "-CAfile", authority, certificate)


def test_card_certificate_has_the_profile(town: Town, tmp_path: Path) -> None:
    """RSA of 2048 bits, the policy, one use, five years, no word about the holder; openssl accepts it strictly."""
    person = next(p for p in town.population.people if p.card and p.card.condition is CardCondition.GOOD)
    assert person.card is not None
    content = town.stock().content(person.card)
    path = tmp_path / "card.pem"
    certificate = x509.load_der_x509_certificate(content.auth_certificate)
    path.write_bytes(ssl.DER_cert_to_PEM_cert(content.auth_certificate).encode())
    authority = town.public / "card-authority.pem"
    policy = ("-policy_check", "-explicit_policy", "-policy", USER_AUTHENTICATION_POLICY)
    assert _verify(town, authority, path, "-purpose", "sslclient", *policy).returncode == 0
    assert _verify(town, authority, path, "-purpose", "smimesign").returncode != 0
    text = _openssl("x509", "-in", path, "-noout", "-text").stdout
    assert "Public-Key: (2048 bit)" in text
    assert "X509v3 Key Usage: critical\n                Digital Signature\n" in text
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 5 * 365
    assert certificate.serial_number == person.card.serial
    assert len(content.auth_certificate) < 2048
    for word in (person.record.name, person.record.address, str(person.record.birth), person.record.resident):
        assert word.encode() not in content.auth_certificate


def test_the_ward_links_what_the_card_shows(town: Town) -> None:
    """The identity that the ward reads from a certificate is the one that the registry is given."""
    card = _card(town, CardCondition.GOOD)
    identity = identify(town.stock().content(card).auth_certificate)
    linked = town.card_authority.card_serial(card.serial)
    assert (identity.issuer_key_id, identity.serial) == (linked.issuer_key_id, linked.serial)


def test_each_card_has_a_key_of_its_own(town: Town) -> None:
    """Made once and kept; no two cards share a key; the simulated card takes the content and signs with it."""
    cards = [person.card for person in town.population.people if person.card][:3]
    stock = town.stock()
    contents = [stock.content(card) for card in cards]
    assert len({content.auth_key.public_key().public_numbers() for content in contents}) == 3
    again = town.stock().content(cards[0])
    assert again.auth_certificate == contents[0].auth_certificate
    assert again.auth_key.private_numbers() == contents[0].auth_key.private_numbers()
    assert again.pin == cards[0].pin.encode()
    Card(again)
    public = x509.load_der_x509_certificate(again.auth_certificate).public_key()
    assert public == again.auth_key.public_key()
    check_signature(again.auth_certificate, algorithm_of(again.auth_key), sign_message(again.auth_key, b"t"), b"t")


def test_cards_made_beforehand_are_the_same(town: Town) -> None:
    """Prepared cards are made once, also where one is wanted twice at the same moment."""
    cards = [person.card for person in town.population.people if person.card][10:14]
    told: list[int] = []
    stock = town.stock()
    stock.prepare([*cards, cards[0], cards[0]], told.append)
    assert told == [1, 2, 3, 4, 5, 6]
    made = {card.serial: (stock.folder / f"{card.serial:010d}.cer").read_bytes() for card in cards}
    assert {card.serial: stock.content(card).auth_certificate for card in cards} == made


def test_expired_and_foreign_cards(town: Town, tmp_path: Path) -> None:
    """Openssl finds the expired card expired and the foreign issuer's card not under the ward's issuer."""
    authority, path = town.public / "card-authority.pem", tmp_path / "card.pem"
    expired = town.stock().content(_card(town, CardCondition.EXPIRED)).auth_certificate
    path.write_bytes(ssl.DER_cert_to_PEM_cert(expired).encode())
    assert "certificate has expired" in _verify(town, authority, path).stderr
    good = _card(town, CardCondition.GOOD)
    foreign = town.foreign_stock().content(good).auth_certificate
    path.write_bytes(ssl.DER_cert_to_PEM_cert(foreign).encode())
    assert "unable to get local issuer certificate" in _verify(town, authority, path).stderr
    assert _verify(town, town.keys / "cards" / "foreign.pem", path).returncode == 0
    own = x509.load_der_x509_certificate(town.stock().content(good).auth_certificate)
    assert x509.load_der_x509_certificate(foreign).serial_number == own.serial_number


def test_a_spoilt_stock_is_noticed(town: Town) -> None:
    """A certificate that is not the key's is refused, not laid on a reader."""
    first, second = [person.card for person in town.population.people if person.card][5:7]
    stock = town.stock()
    stock.content(first)
    stock.content(second)
    path = stock.folder / f"{second.serial:010d}.cer"
    kept = path.read_bytes()
    path.write_bytes((stock.folder / f"{first.serial:010d}.cer").read_bytes())
    with pytest.raises(ValueError, match="another card's"):
        stock.content(second)
    path.write_bytes(kept)


def test_link_certificates_under_openssl(town: Town) -> None:
    """Each end's certificate is good for its end and under its own authority only."""
    public, keys = town.public, town.keys
    ends = {
        "kiosks": (keys / "kiosks" / "K-0001" / "link.pem", "sslclient"),
        "wards": (keys / "issuing" / "link.pem", "sslclient"),
        "center": (keys / "center" / "link.pem", "sslserver"),
    }
    for whose, (certificate, purpose) in ends.items():
        for authority in ends:
            found = _verify(town, public / f"{authority}-authority.pem", certificate, "-purpose", purpose)
            assert (found.returncode == 0) == (authority == whose)
        other = "sslserver" if purpose == "sslclient" else "sslclient"
        assert _verify(town, public / f"{whose}-authority.pem", certificate, "-purpose", other).returncode != 0


@pytest.mark.parametrize(
    ("stem", "whose", "peer"),
    [("kiosks/K-0001/link", "kiosks", "kiosk:K-0001"), ("issuing/link", "wards", "ward:131997")],
)
async def test_links_shake_hands(town: Town, tmp_path: Path, stem: str, whose: str, peer: str) -> None:
    """TLS 1.3 over the protocol's own contexts: both ends read the name that they expect."""
    client = client_context(
        TlsFiles(
            certificate=town.keys / f"{stem}.pem",
            key=town.keys / f"{stem}.key",
            authority=town.public / "center-authority.pem",
        )
    )
    server = server_context(
        TlsFiles(
            certificate=town.keys / "center" / "link.pem",
            key=town.keys / "center" / "link.key",
            authority=town.public / f"{whose}-authority.pem",
        )
    )
    seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.set_result(expect_peer(writer.get_extra_info("ssl_object"), {peer}))
        writer.close()
        await writer.wait_closed()

    path = tmp_path / "s"
    async with await asyncio.start_unix_server(greet, path, ssl=server):
        reader, writer = await asyncio.open_unix_connection(path, ssl=client, server_hostname="center")
        assert expect_peer(writer.get_extra_info("ssl_object"), {"center"}) == "center"
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    assert await seen == peer


def test_paper_certificate_signs_documents(town: Town) -> None:
    """The clerk's certificate stands under the pinned paper authority and the signing room takes it with its key."""
    certificate = town.keys / "clerk" / "document.pem"
    assert _verify(town, town.public / "papers-authority.pem", certificate).returncode == 0
    der = x509.load_pem_x509_certificate(certificate.read_bytes())
    usage = der.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    signer = KeyFileSigner(
        (town.keys / "clerk" / "document.key").read_bytes(), [ssl.PEM_cert_to_DER_cert(certificate.read_text("ascii"))]
    )
    assert signer.sign(b"a document")


def test_an_authority_for_nobody_else(town: Town) -> None:
    """What the ward cannot identify is refused by the ward's own word."""
    with pytest.raises(Refused) as refused:
        identify(ssl.PEM_cert_to_DER_cert((town.keys / "clerk" / "document.pem").read_text("ascii"))[:-1])
    assert refused.value.code is Code.CARD_ISSUER_UNKNOWN

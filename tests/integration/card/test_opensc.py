"""OpenSC as referee: tools that nobody here wrote take the simulated card for the card it simulates."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from konbini.simulation.card.applet import Card, CardContent
from konbini.simulation.card.layout import CONTACT_ATR, CONTACTLESS_ATR, DRIVING_LICENCE

Lay = Callable[[Card], Awaitable[None]]
NewCard = Callable[..., Card]

MESSAGE = b"open visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One of the two halves of the card, as OpenSC counts them."""

    number: str
    pin: str
    pin_file: int
    certificate: str


AUTHENTICATION = Half(number="1", pin="1234", pin_file=0x0018, certificate="auth_certificate")
SIGNATURE = Half(number="2", pin="ABC123", pin_file=0x001B, certificate="sign_certificate")
BOTH_ATRS = pytest.mark.parametrize("atr", [CONTACT_ATR, CONTACTLESS_ATR], ids=["contact", "contactless"])
BOTH_HALVES = pytest.mark.parametrize("half", [AUTHENTICATION, SIGNATURE], ids=["authentication", "signature"])


async def run(*command: str) -> tuple[int, str]:
    """Run a tool; its exit status, and everything it wrote."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        written, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, written.decode("utf-8", "replace")


async def well(*command: str) -> str:
    """Run a tool that must succeed; what it wrote."""
    status, written = await run(*command)
    assert status == 0, written
    return written


async def openssl_accepts(certificate: bytes, signature: Path, folder: Path) -> bool:
    """Whether openssl verifies the signature over MESSAGE with this certificate's key."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    (folder / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "message").write_bytes(MESSAGE)
    written = await well(
        *("openssl", "dgst", "-sha256", "-verify", str(folder / "key.pem")),
        *("-signature", str(signature), str(folder / "message")),
    )
    return "Verified OK" in written


@BOTH_ATRS
async def test_opensc_knows_the_card(
    lay: Lay, new_card: NewCard, contents: tuple[CardContent, ...], atr: bytes
) -> None:
    """Name, PINs, certificates and keys are found by OpenSC's own jpki driver, without being told which driver."""
    await lay(new_card(atr=atr))
    assert (await well("opensc-tool", "--name", "--reader", "0")).strip() == "jpki"
    listed = await well("pkcs15-tool", "--list-pins", "--list-certificates", "--list-keys")
    for expected in (
        "[User Authentication PIN]",
        "[Digital Signature PIN]",
        "[User Authentication Certificate]",
        "[Digital Signature Certificate CA]",
        "[User Authentication Key]",
        "[Digital Signature Key]",
    ):
        assert expected in listed
    assert re.findall(r"Tries left\s*: (\d)", listed) == ["3", "5"]
    read = x509.load_pem_x509_certificate((await well("pkcs15-tool", "--read-certificate", "1")).encode())
    assert read.public_bytes(Encoding.DER) == contents[0].auth_certificate


@BOTH_ATRS
@BOTH_HALVES
async def test_pkcs11_signs(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    lay: Lay, new_card: NewCard, contents: tuple[CardContent, ...], tmp_path: Path, atr: bytes, half: Half
) -> None:
    """Over PKCS#11 the key signs, and openssl verifies it with the certificate."""
    await lay(new_card(atr=atr))
    (tmp_path / "to-sign").write_bytes(MESSAGE)
    signature = tmp_path / "signature"
    await well(
        *("pkcs11-tool", "--sign", "--mechanism", "SHA256-RSA-PKCS", "--login", "--pin", half.pin),
        *("--slot-index", str(int(half.number) - 1), "--id", f"0{half.number}"),
        *("--input-file", str(tmp_path / "to-sign"), "--output-file", str(signature)),
    )
    assert await openssl_accepts(getattr(contents[0], half.certificate), signature, tmp_path)


@pytest.mark.long
@BOTH_ATRS
@BOTH_HALVES
async def test_pkcs15_crypt_signs(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    lay: Lay, new_card: NewCard, contents: tuple[CardContent, ...], tmp_path: Path, atr: bytes, half: Half
) -> None:
    """The other road to the same signature: the digest is handed over, the DigestInfo made by OpenSC."""
    await lay(new_card(atr=atr))
    (tmp_path / "to-sign").write_bytes(MESSAGE)
    digest, signature = tmp_path / "digest", tmp_path / "signature"
    await well("openssl", "dgst", "-sha256", "-binary", "-out", str(digest), str(tmp_path / "to-sign"))
    await well(
        *("pkcs15-crypt", "--sign", "--sha-256", "--pkcs1", "--raw", "--key", half.number, "--pin", half.pin),
        *("--input", str(digest), "--output", str(signature)),
    )
    assert await openssl_accepts(getattr(contents[0], half.certificate), signature, tmp_path)


@pytest.mark.long
@BOTH_ATRS
async def test_the_signature_certificate_is_behind_its_password(
    lay: Lay, new_card: NewCard, contents: tuple[CardContent, ...], atr: bytes
) -> None:
    """OpenSC cannot read it without, and can with."""
    await lay(new_card(atr=atr))
    status, _ = await run("pkcs15-tool", "--read-certificate", "2")
    assert status != 0
    written = await well(
        "pkcs15-tool", "--read-certificate", "2", "--verify-pin", "--auth-id", "2", "--pin", SIGNATURE.pin
    )
    assert x509.load_pem_x509_certificate(written.encode()).public_bytes(Encoding.DER) == contents[0].sign_certificate


@pytest.mark.long
@BOTH_ATRS
@BOTH_HALVES
async def test_opensc_counts_misses_as_the_card_does(lay: Lay, new_card: NewCard, atr: bytes, half: Half) -> None:
    """A wrong PIN given by OpenSC costs one try, which OpenSC then lists."""
    card = new_card(atr=atr)
    tries = card.tries_left(half.pin_file)
    await lay(card)
    wrong = "9" * len(half.pin)
    status, _ = await run("pkcs15-tool", "--verify-pin", "--auth-id", half.number, "--pin", wrong)
    assert status != 0
    assert card.tries_left(half.pin_file) == tries - 1
    assert f"Tries left     : {tries - 1}" in await well("pkcs15-tool", "--list-pins")


@pytest.mark.long
@BOTH_ATRS
async def test_pkcs11s_own_test(lay: Lay, new_card: NewCard, atr: bytes) -> None:
    """Its signatures and verifications all pass; the one thing it misses is a random number, which no card is asked."""
    await lay(new_card(atr=atr))
    written = await well("pkcs11-tool", "--test", "--slot-index", "0", "--login", "--pin", AUTHENTICATION.pin)
    assert "all 4 signature functions seem to work" in written
    assert re.findall(r"ERR: (\w+)", written) == ["C_GenerateRandom"]
    assert "1 errors" in written


@pytest.mark.long
async def test_opensc_does_not_take_another_card_for_ours(lay: Lay) -> None:
    """A licence on the contactless side is no jpki card to OpenSC either."""
    await lay(Card(None, layout=DRIVING_LICENCE, atr=CONTACTLESS_ATR))
    _, written = await run("opensc-tool", "--name")
    assert "jpki" not in written

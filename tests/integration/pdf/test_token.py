"""A signing key in a token: each algorithm, and every way in which it cannot be used; nothing is signed then."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from konbini.pdf.signing import PadesSigner, Token, TokenSigner
from konbini.pdf.verification import verify
from konbini.protocol.errors import Code, Refused
from tests.integration.pdf.softhsm import PIN, SoftToken

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import

DATA = b"attributes to be signed"


def refused(token: Token, paper, label: str = "document") -> Refused:
    """Check that the key cannot be used."""
    with pytest.raises(Refused) as caught:
        TokenSigner(token, label, [paper.certificate])
    return caught.value


def test_papers_are_signed_in_the_token(token: SoftToken, paper, signed) -> None:
    """The kiosk takes what the token's key signed, of each algorithm."""
    token.put(paper.key, "document", 1)
    reached = token.reached()
    signer = PadesSigner(TokenSigner(reached, "document", [paper.certificate]))
    pdf = signer.sign(signed.unsigned, paper.moment)
    verify(
        pdf,
        authorities=[paper.authority],
        moment=paper.moment,
        number=signed.number,
        binding=signed.binding,
        pages=signed.pages,
    )
    reached.close()


def test_a_token_that_goes_and_comes_back(token: SoftToken, paper, signed) -> None:
    """Refused while it is away, on every attempt; signed again when it is back, with nothing restarted."""
    token.put(paper.key, "document", 1)
    reached = token.reached()
    signer = PadesSigner(TokenSigner(reached, "document", [paper.certificate]))
    for _ in range(2):
        assert signer.sign(signed.unsigned, paper.moment).startswith(signed.unsigned)
        token.unplug()
        for _ in range(3):
            with pytest.raises(Refused) as caught:
                signer.sign(signed.unsigned, paper.moment)
            assert caught.value.code is Code.TOKEN_UNAVAILABLE
        token.plug_in()
    assert signer.sign(signed.unsigned, paper.moment).startswith(signed.unsigned)
    reached.close()
    assert signer.sign(signed.unsigned, paper.moment).startswith(signed.unsigned)
    reached.close()


def test_a_token_that_was_never_there(token: SoftToken, paper, tmp_path: Path) -> None:
    """No such label, no such module, or a file that is no module."""
    noise = tmp_path / "module.so"
    noise.write_bytes(random.Random(1).randbytes(4096))  # noqa: S311 - a file's noise
    for reached in (token.reached(label="other"), token.reached(module=tmp_path / "none"), token.reached(module=noise)):
        assert refused(reached, paper).code is Code.TOKEN_UNAVAILABLE


def test_a_wrong_pin_is_tried_once(token: SoftToken, paper) -> None:
    """Not again by this process, nor by the next, until somebody logs in by hand: tokens lock after few."""
    token.put(paper.key, "document", 1)
    wrong = token.reached(pin=PIN[::-1])
    assert "PinIncorrect" in refused(wrong, paper).detail
    assert "refused before" in refused(wrong, paper).detail
    assert "entered before" in refused(token.reached(), paper).detail
    token.log_in_by_hand()
    assert "refused before" in refused(wrong, paper).detail
    reached = token.reached()
    assert TokenSigner(reached, "document", [paper.certificate]).sign(DATA)
    reached.close()
    for told in (refused(wrong, paper), refused(token.reached(pin=""), paper)):
        assert told.code is Code.TOKEN_PIN_REFUSED


def test_a_key_that_is_missing_doubled_or_anothers(token: SoftToken, paper, other_paper) -> None:
    """The label must name one key, and the certificate's."""
    token.put(paper.key, "twice", 1)
    token.put(paper.key, "twice", 2)
    token.put(other_paper.key, "other", 3)
    reached = token.reached()
    for label in ("document", "twice", "other"):
        assert refused(reached, paper, label).code is Code.SIGNING_KEY_MISSING
    reached.close()


def test_a_key_that_changes_under_its_label(token: SoftToken, paper, other_paper) -> None:
    """Found at the next signature after the token came back, before anything is handed on."""
    token.put(paper.key, "document", 1)
    reached = token.reached()
    signer = TokenSigner(reached, "document", [paper.certificate])
    reached.close()
    token.run("softhsm2-util", "--delete-token", "--token", "ward")
    other = SoftToken(folder=token.folder / "other")
    other.folder.mkdir()
    SoftToken.make(other.folder).put(other_paper.key, "document", 1)
    token.settings.write_text(other.settings.read_text())
    with pytest.raises(Refused) as caught:
        signer.sign(DATA)
    assert caught.value.code is Code.SIGNING_KEY_MISSING
    reached.close()


def test_many_threads_at_once(token: SoftToken, paper) -> None:
    """The module has one caller at a time, also while the token is pulled out and put back: signed or refused."""
    token.put(paper.key, "document", 1)
    reached = token.reached()
    signer = TokenSigner(reached, "document", [paper.certificate])

    def sign(turn: int) -> Code | None:
        if turn == 20:
            token.unplug()
        if turn == 40:
            token.plug_in()
        try:
            signer.sign(DATA + bytes([turn]))
        except Refused as told:
            return told.code
        return None

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(sign, range(50, 110))) == {None}
        assert set(threads.map(sign, range(60))) <= {None, Code.TOKEN_UNAVAILABLE}
        assert set(threads.map(sign, range(50, 110))) == {None}
    reached.close()


def test_a_pin_is_shown_to_nobody(token: SoftToken) -> None:
    """Neither by the token nor by what describes it."""
    reached = token.reached()
    assert PIN not in repr(reached) + repr(reached._access) + str(reached._access)

"""What the kiosk says to a card, command by command. Blocking, and without PC/SC: it is handed the way to the card.

The application is selected once, at the beginning, and never again: a card that was exchanged for another one within
a poll of the reader has lost the selection, and its answer gives it away (CARD_CHANGED) before a PIN is spent on it.
What that cannot catch is caught by the signature, which is checked with the certificate read in the same session.

Every command list is wiped after its answer, the VERIFY first of all.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.kiosk.card import apdu
from konbini.kiosk.card.apdu import Answer, Octets, Transmit
from konbini.kiosk.card.profiles import CardProfile
from konbini.protocol.errors import Code, Refused

__all__ = ["PinVerdict", "ask_tries_left", "identify", "read_certificate", "sign", "verify_pin"]

_TOKEN_NAME_LENGTH = 32
_CHUNK = 256
_DER_SEQUENCE = bytes.fromhex("3082")  # a SEQUENCE with two octets of length: every certificate of 256 octets or more
_DER_HEADER = 4
_LONGEST_CERTIFICATE = 8192
# SW1 of "checking errors" (ISO/IEC 7816-4, table 5): the card understood enough to say no.
_CHECKING_ERRORS = range(0x67, 0x70)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinVerdict:
    """What the card made of a PIN, and how many misses it still has."""

    accepted: bool
    tries_left: int


def identify(transmit: Transmit, profiles: tuple[CardProfile, ...]) -> CardProfile:
    """Tell which of these cards lies there, and leave its application selected.

    An application that several profiles share is selected, and its token name read, once.

    Raises:
        Refused: WRONG_CARD when it is none of them.
    """
    for application, token_file in dict.fromkeys((profile.application, profile.token_file) for profile in profiles):
        if _has(transmit, apdu.select_application(application)) and _has(transmit, apdu.select_file(token_file)):
            name = _read(transmit, 0, _TOKEN_NAME_LENGTH).rstrip(b" ")
            for profile in profiles:
                if (profile.application, profile.token_file, profile.token_name) == (application, token_file, name):
                    return profile
    raise Refused(Code.WRONG_CARD, "no application of ours, or another token name")


def read_certificate(transmit: Transmit, profile: CardProfile) -> bytes:
    """Read the user-authentication certificate, DER, without the filler behind it.

    Raises:
        Refused: WRONG_CARD when the card was issued without one, CARD_FAULT when the file holds none.
    """
    if not _has(transmit, apdu.select_file(profile.certificate_file)):
        raise Refused(Code.WRONG_CARD, "no user-authentication certificate on this card")
    content = bytearray(_read(transmit, 0, _CHUNK))
    length = _DER_HEADER + int.from_bytes(content[2:_DER_HEADER], "big")
    if content[:2] != _DER_SEQUENCE or length > _LONGEST_CERTIFICATE:
        raise Refused(Code.CARD_FAULT, "the certificate file does not begin like a certificate")
    while len(content) < length:
        content += _read(transmit, len(content), min(_CHUNK, length - len(content)))
    return bytes(content[:length])


def ask_tries_left(transmit: Transmit, profile: CardProfile) -> int:
    """How many misses the PIN still has; the asking costs none.

    Raises:
        Refused: CARD_FAULT when the card's answer says nothing of the kind.
    """
    _select(transmit, profile.pin_file)
    status = _ask(transmit, apdu.ask_tries_left()).status
    tries = apdu.tries_in(status)
    if tries is None:
        raise _unexpected("asking for the tries left", status)
    return tries


def verify_pin(transmit: Transmit, profile: CardProfile, command: Octets) -> PinVerdict:
    """Send a VERIFY made by `apdu.verify`; it is wiped whatever happens.

    Raises:
        Refused: CARD_CHANGED, CARD_FAULT. A wrong PIN is no refusal here.
    """
    try:
        _select(transmit, profile.pin_file)
        status = transmit(command).status
    finally:
        apdu.wipe(command)
    if status == apdu.OK:
        return PinVerdict(accepted=True, tries_left=profile.pin_tries)
    tries = apdu.tries_in(status)
    if tries is None:
        raise _unexpected("verifying the PIN", status)
    return PinVerdict(accepted=False, tries_left=tries)


def sign(transmit: Transmit, profile: CardProfile, prepared: bytes) -> bytes:
    """Have the authentication key sign what a scheme prepared.

    Raises:
        Refused: CARD_CHANGED, CARD_FAULT; PHONE_NOT_CONFIRMED where a phone that asks its holder itself has not.
    """
    _select(transmit, profile.key_file)
    answer = _ask(transmit, apdu.sign_prepared(prepared))
    if answer.status == apdu.NOT_ALLOWED and not profile.needs_pin:
        raise Refused(Code.PHONE_NOT_CONFIRMED, "the phone wants its holder's confirmation")
    if answer.status != apdu.OK:
        raise _unexpected("signing", answer.status)
    return answer.data


def _ask(transmit: Transmit, command: Octets) -> Answer:
    try:
        return transmit(command)
    finally:
        apdu.wipe(command)


def _has(transmit: Transmit, selecting: Octets) -> bool:
    """Whether the card has what is selected; a refusal it understood is a no, anything else a fault."""
    status = _ask(transmit, selecting).status
    if status != apdu.OK and status >> 8 not in _CHECKING_ERRORS:
        raise Refused(Code.CARD_FAULT, f"selecting: status word {status:04X}")
    return status == apdu.OK


def _select(transmit: Transmit, fid: int) -> None:
    status = _ask(transmit, apdu.select_file(fid)).status
    if status != apdu.OK:
        raise _unexpected(f"selecting file {fid:04X}", status)


def _read(transmit: Transmit, offset: int, length: int) -> bytes:
    answer = _ask(transmit, apdu.read_binary(offset, length))
    if answer.status != apdu.OK:
        raise _unexpected(f"reading at {offset}", answer.status)
    if not 0 < len(answer.data) <= length:
        raise Refused(Code.CARD_FAULT, f"{len(answer.data)} octets where up to {length} were asked for")
    return answer.data


def _unexpected(doing: str, status: int) -> Refused:
    code = Code.CARD_CHANGED if status in apdu.STATE_LOST else Code.CARD_FAULT
    return Refused(code, f"{doing}: status word {status:04X}")

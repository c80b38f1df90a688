"""What devices say to the kiosk, and what simulated ones are asked: cards, printers, coins, the cashless terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from konbini.kiosk.card import apdu, dialogue
from konbini.kiosk.card.apdu import Answer, Octets, Transmit
from konbini.kiosk.card.profiles import INDIVIDUAL_NUMBER_CARD, OWN_MACHINE_PROFILES
from konbini.kiosk.card.schemes import scheme_of
from konbini.kiosk.payment import frames, terminal_frames
from konbini.kiosk.payment.amounts import CashCounts, Ending, Settlement
from konbini.kiosk.payment.ports import Asking, CashFault, CashState
from konbini.kiosk.printing import ipp
from konbini.kiosk.printing.client import IppClient
from konbini.kiosk.printing.ipp import Attribute, Group, GroupTag, Message, Operation, Resolution, ValueTag
from konbini.protocol.errors import Code, Refused
from konbini.simulation.card.applet import Card
from konbini.simulation.card.specimen import SpecimenIssuer
from konbini.simulation.printer.wire import BadRequestError, answer, read_request
from tests.fuzz.mutating import pieces, taken_apart
from tests.fuzz.target import Target, finished

__all__ = ["card_answers", "card_commands", "coin_lines", "printer_answers", "printer_requests", "terminal_lines"]

_STATUS: Final = 2
_OK: Final = b"\x90\x00"


def _piece(content: bytes) -> bytes:
    return len(content).to_bytes(2) + content


def card_answers() -> Target:
    """A card that answers anything, from the first command of a visit to the last."""
    profile = INDIVIDUAL_NUMBER_CARD

    def run(data: bytes) -> None:
        transmit = _answering(data)
        command = apdu.verify(bytearray(b"1234"))
        for doing in (
            lambda: dialogue.identify(transmit, OWN_MACHINE_PROFILES),
            lambda: scheme_of(dialogue.read_certificate(transmit, profile)).accepts(bytes(256), b"t"),
            lambda: dialogue.ask_tries_left(transmit, profile),
            lambda: dialogue.verify_pin(transmit, profile, command),
            lambda: dialogue.sign(transmit, profile, b"prepared"),
        ):
            try:
                doing()
            except Refused:
                continue
        if any(command):
            raise AssertionError("the PIN was not wiped")

    return Target(run=run, seeds=_card_sessions, mutate=pieces, most=8192, words=(_OK, b"\x63\xc3", b"\x69\x84"))


def _answering(data: bytes) -> Transmit:
    left = taken_apart(data)

    def carry(command: Octets) -> Answer:
        if not command:
            raise AssertionError("a command without a content")
        said = next(left, b"")
        if len(said) < _STATUS:
            raise Refused(Code.CARD_REMOVED)
        return Answer(data=said[:-_STATUS], status=int.from_bytes(said[-_STATUS:], "big"))

    return carry


def _card_sessions() -> Iterator[bytes]:
    certificate = SpecimenIssuer().content("HANAKO").auth_certificate or b""
    name = INDIVIDUAL_NUMBER_CARD.token_name.ljust(32)
    parts = [certificate[place : place + 256] for place in range(0, len(certificate), 256)]
    read = [b"", b"", name, b"", *parts]
    later = [b"", b"", b"", bytes(256)]
    yield b"".join(_piece(one + _OK) for one in (*read, *later))
    yield b"".join((*(_piece(one + _OK) for one in read), _piece(_OK), _piece(b"\x63\xc3"), _piece(_OK)))
    yield b"".join((_piece(b"\x6a\x82"), _piece(b"\x6a\x82")))


def card_commands() -> Target:
    """Commands of anybody to the simulated card: it answers each with a status word."""
    content = SpecimenIssuer().content("HANAKO")

    def run(data: bytes) -> None:
        card = Card(content)
        for command in taken_apart(data):
            if len(card.transmit(command)) < _STATUS:
                raise AssertionError("an answer without a status word")

    def seeds() -> Iterator[bytes]:
        profile = INDIVIDUAL_NUMBER_CARD
        commands = (
            apdu.select_application(profile.application),
            apdu.select_file(profile.certificate_file),
            apdu.read_binary(0, 256),
            apdu.select_file(profile.pin_file),
            apdu.ask_tries_left(),
            apdu.verify(bytearray(b"1234")),
            apdu.select_file(profile.key_file),
            apdu.sign_prepared(bytes(51)),
        )
        yield b"".join(_piece(bytes(command)) for command in commands)

    return Target(run=run, seeds=seeds, mutate=pieces)


class _Told(IppClient):
    """A client whose printer answers the same to each question."""

    def __init__(self, said: Message) -> None:
        super().__init__("ipps://printer.invalid/ipp/print", pin=bytes(32))
        self._said = said

    async def _ask(self, operation: Operation, attributes: tuple[Attribute, ...]) -> Message:  # noqa: ARG002 - whatever is asked
        return self._said


def printer_answers() -> Target:
    """An IPP answer, and what the kiosk makes of it; what it read is written again the same."""

    def run(data: bytes) -> None:
        try:
            message = ipp.decode(data)
        except Refused:
            return
        client = _Told(message)
        for ask in (client.status, client.capabilities, client.jobs, lambda: client.job(1)):
            try:
                finished(ask())
            except Refused:
                continue

    return Target(run=run, seeds=_printer_answers, most=8192, words=_IPP_WORDS)


_IPP_WORDS: Final = tuple(
    name.encode()
    for name in (
        "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "queued-job-count", "media-ready",
        "printer-impressions-completed", "job-id", "job-state", "job-state-reasons", "sides-supported",
        "pwg-raster-document-type-supported", "pwg-raster-document-resolution-supported",
    )
)  # fmt: skip


def _printer_answers() -> Iterator[bytes]:
    def one(name: str, tag: ValueTag, *found: ipp.Value) -> Attribute:
        return Attribute(name=name, tag=tag, values=found)

    member = (one("media-size", ValueTag.INTEGER, 21000), one("x", ValueTag.COLLECTION, (one("y", ValueTag.ENUM, 1),)))
    printer = (
        one("printer-state", ValueTag.ENUM, 3),
        one("printer-state-reasons", ValueTag.KEYWORD, "none", "media-low-warning"),
        one("printer-is-accepting-jobs", ValueTag.BOOLEAN, *(True,)),
        one("queued-job-count", ValueTag.INTEGER, 0),
        one("printer-impressions-completed", ValueTag.TEXT, "17"),
        one("media-ready", ValueTag.KEYWORD, "iso_a4_210x297mm"),
        one("pwg-raster-document-resolution-supported", ValueTag.RESOLUTION, Resolution(across=300, along=300, unit=3)),
        one("media-col-ready", ValueTag.COLLECTION, member),
        one("operator", ValueTag.NO_VALUE, None),
    )
    job = (
        one("job-id", ValueTag.INTEGER, 1),
        one("job-state", ValueTag.ENUM, 5),
        one("job-state-reasons", ValueTag.KEYWORD, "job-printing"),
    )
    groups = (Group(tag=GroupTag.PRINTER, attributes=printer), Group(tag=GroupTag.JOB, attributes=job))
    yield ipp.encode(Message(code=0, request_id=1, groups=groups))
    yield ipp.encode(Message(code=0, request_id=1, groups=groups[1:]))
    yield answer(7, 0x0406)


def printer_requests() -> Target:
    """A request to the simulated printer, with anything behind it."""

    def run(data: bytes) -> None:
        try:
            request = read_request(data)
        except BadRequestError:
            return
        request.text("job-name")
        request.number("job-id")

    def seeds() -> Iterator[bytes]:
        head = (
            Attribute(name="attributes-charset", tag=ValueTag.CHARSET, values=("utf-8",)),
            Attribute(name="job-id", tag=ValueTag.INTEGER, values=(1,)),
            Attribute(name="requested-attributes", tag=ValueTag.KEYWORD, values=("job-id", "job-state")),
        )
        group = Group(tag=GroupTag.OPERATION, attributes=head)
        yield ipp.encode(Message(code=Operation.GET_JOBS, request_id=1, groups=(group,))) + b"RaS2"

    return Target(run=run, seeds=seeds, most=1 << 16, words=_IPP_WORDS)


def _tried(*ways: Callable[[], object]) -> None:
    for way in ways:
        try:
            way()
        except Refused:
            continue


def coin_lines() -> Target:
    """A line of the coin device, in either direction."""

    def run(data: bytes) -> None:
        _tried(
            lambda: frames.read_request(data),
            lambda: frames.read_nothing(frames.read_words(data)),
            lambda: _same(data, frames.write_settlement(frames.read_settlement(frames.read_words(data)))),
            lambda: _same(data, frames.write_state(frames.read_state(frames.read_words(data)))),
        )

    def seeds() -> Iterator[bytes]:
        counts = CashCounts(taken=900, returned=300, owed=0, escrow=200)
        asking = Asking(key=bytes(16), sum=300, escrow=200)
        for state in (
            CashState(asking=asking, counts=counts, faults=frozenset(CashFault), dish=True),
            CashState(
                asking=None, counts=CashCounts(taken=0, returned=0, owed=0, escrow=0), faults=frozenset(), dish=False
            ),
        ):
            yield frames.write_state(state)
        yield frames.write_settlement(Settlement(ending=Ending.CAPTURED, taken=500, returned=200, owed=0))
        key = "0f" * 16
        for line in (f"ASK 300 {key}", f"CARRY 300 {key} {key}", f"GIVE-BACK {key}", "STATE", "NO BUSY", "OK"):
            yield f"{line}\n".encode()

    return Target(run=run, seeds=seeds, most=300, words=(b"CAPTURED", b"GIVEN-BACK", b"CLEAR", b"JAM,CANNOT-PAY-OUT"))


def _same(read: bytes, written: bytes) -> None:
    if read != written:
        raise AssertionError("a line of two writings")


def terminal_lines() -> Target:
    """An answer of the cashless terminal."""

    def run(data: bytes) -> None:
        _tried(
            lambda: terminal_frames.read_state(terminal_frames.read_words(data)),
            lambda: terminal_frames.read_end(terminal_frames.read_words(data)),
        )

    def seeds() -> Iterator[bytes]:
        key = "0f" * 16
        for line in (f"OK {key} 300 AUTHORISED 900 0 UP", "OK - 0 NONE 0 0 DOWN", "OK CAPTURED 300 0", "NO BUSY"):
            yield f"{line}\n".encode()

    return Target(run=run, seeds=seeds, most=300, words=(b"VOIDED", b"WAITING", b"DECLINED"))

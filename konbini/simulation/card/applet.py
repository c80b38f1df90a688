"""The card itself: command bytes in, answer bytes out. Pure but for the memory it is handed.

Owns the security state of one card: which application and file are selected, which PINs have been verified since that
selection, and the retry counters. Invariants, each with a test of its own because no reader's software checks them:
a key signs only after its own PIN; selecting an application, a reset and a loss of power forget every verified PIN;
SELECT with P2=0C answers a status word and nothing else; the counter is written before the PIN is compared.
The card signs whatever it is handed (`keys`): it knows neither hash nor date nor purpose. What the real card answers to
commands that no public reader sends is not known; there this one keeps to ISO/IEC 7816-4.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace

from konbini.simulation.card.apdu import Command, Instruction, StatusWord, answer, parse, tries_word
from konbini.simulation.card.keys import CardKey, sign_prepared, signature_room, takes_prepared
from konbini.simulation.card.layout import (
    CONTACT_ATR,
    INDIVIDUAL_NUMBER_CARD,
    Application,
    CardLayout,
    FileEntry,
    FileKind,
    PinRule,
    Slot,
)
from konbini.simulation.card.memory import CardMemory, PinRecord, VolatileMemory

__all__ = ["Card", "CardContent"]

_CLASS_PLAIN = 0x00
_CLASS_PROPRIETARY = 0x80
_CHANNEL_BITS = 0x03
_SECURE_MESSAGING_BITS = 0x0C
_LOW_NIBBLE = 0x0F
_SELECT_NO_ANSWER = 0x0C
_SELECT_BY_NAME = 0x04
_SELECT_FILE = 0x02
_PIN_OF_THIS_FILE = 0x0080
_CHANGE_TO_NEW = 0x0180
_SIGN = 0x0080
_OFFSET_MAX = 0x7FFF
_FID_LENGTH = 2

_INSTRUCTIONS = {
    _CLASS_PLAIN: frozenset(
        (Instruction.SELECT, Instruction.READ_BINARY, Instruction.VERIFY, Instruction.CHANGE_REFERENCE_DATA)
    ),
    _CLASS_PROPRIETARY: frozenset((Instruction.PERFORM_SECURITY_OPERATION,)),
}
_KNOWN = frozenset(Instruction)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """What the issuer writes on one resident's card; certificates are DER.

    The signature half is left out for a card that was issued without it (children under 15).
    """

    auth_certificate: bytes
    auth_key: CardKey = field(repr=False)
    auth_ca: bytes
    pin: bytes = field(repr=False)
    sign_certificate: bytes | None = None
    sign_key: CardKey | None = field(default=None, repr=False)
    sign_ca: bytes | None = None
    password: bytes | None = field(default=None, repr=False)

    def data(self, slot: Slot) -> bytes | None:
        """The bytes for a data or PIN file, None when the card was issued without them."""
        return {
            Slot.AUTH_CERTIFICATE: self.auth_certificate,
            Slot.AUTH_CA: self.auth_ca,
            Slot.AUTH_PIN: self.pin,
            Slot.SIGN_CERTIFICATE: self.sign_certificate,
            Slot.SIGN_CA: self.sign_ca,
            Slot.SIGN_PASSWORD: self.password,
        }.get(slot)

    def key(self, slot: Slot) -> CardKey | None:
        """The key for a key file, None when the card was issued without it."""
        return {Slot.AUTH_KEY: self.auth_key, Slot.SIGN_KEY: self.sign_key}.get(slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selection:
    """What is lost with the power: the selected application and file, and the PINs verified since."""

    application: Application | None = None
    file: FileEntry | None = None
    verified: frozenset[int] = frozenset()


class _Stop(Exception):  # noqa: N818 - an answer, not a defect
    """The command ends here with this status word."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class Card:
    """One card.

    Args:
        content: what the issuer wrote on it; None for a card of another kind, which carries nothing of ours.
        layout: its applications and files.
        memory: where PINs and counters outlive the power; a used memory overrides the content's PINs.
        atr: what the card says of itself at power-up; contact and contactless differ, nothing else does.

    Raises:
        ValueError: a certificate longer than its file, or a PIN that the layout does not allow.
    """

    def __init__(
        self,
        content: CardContent | None,
        *,
        layout: CardLayout = INDIVIDUAL_NUMBER_CARD,
        memory: CardMemory | None = None,
        atr: bytes = CONTACT_ATR,
    ) -> None:
        self.atr = atr
        self._layout = layout
        self._content = content
        self._memory: CardMemory = VolatileMemory() if memory is None else memory
        self._selection = _Selection()
        self._confirmed = False
        self._check_content()
        if not self._memory.load():
            self._memory.store(tuple(self._issued_pins()))

    def reset(self) -> None:
        """Power on, power off or reset: selection and verified PINs are gone, counters stay."""
        self._selection = _Selection()

    def confirm(self) -> None:
        """The holder showed the phone a face or a code: good for one signature, however long it lies on a reader.

        A phone has a power of its own, so a reader's reset takes nothing back.
        """
        self._confirmed = True

    def tries_left(self, fid: int) -> int:
        """What the retry counter of a PIN file stands at (for the town's hardware page and for tests)."""
        return self._record(fid).tries_left

    @property
    def certificate(self) -> bytes:
        """Whose it is: the user-authentication certificate, DER; empty for a card of another kind."""
        return b"" if self._content is None else self._content.auth_certificate

    def has_pin(self, fid: int) -> bool:
        """Whether it was issued with this PIN."""
        return any(record.fid == fid for record in self._memory.load())

    def lock(self, fid: int) -> None:
        """Leave a PIN no tries, as where its holder has missed it too often somewhere."""
        self._write(replace(self._record(fid), tries_left=0))

    def unlock(self, fid: int) -> None:
        """Give a PIN all its tries again, as the counter of a municipality does."""
        self._restore_tries(fid)

    def mimic(self, other: Card) -> None:
        """Take over the other card's selection and verified PINs: the worst card that could be slipped in."""
        self._selection = other._selection

    def transmit(self, frame: bytes) -> bytes:
        """Answer one command; always ends in a status word, never raises."""
        command = parse(frame)
        if command is None:
            return answer(StatusWord.WRONG_LENGTH)
        try:
            self._check_class(command)
            return answer(StatusWord.OK, self._perform(command))
        except _Stop as stop:
            return answer(stop.status)

    def _perform(self, command: Command) -> bytes:
        match command.ins:
            case Instruction.SELECT:
                return self._select(command)
            case Instruction.READ_BINARY:
                return self._read(command)
            case Instruction.VERIFY:
                return self._verify(command)
            case Instruction.CHANGE_REFERENCE_DATA:
                return self._change(command)
            case _:
                return self._sign(command)

    @staticmethod
    def _check_class(command: Command) -> None:
        known = _INSTRUCTIONS.get(command.cla)
        if known is None:
            base = command.cla & ~_LOW_NIBBLE
            if base in _INSTRUCTIONS and command.cla & _CHANNEL_BITS:
                raise _Stop(StatusWord.NO_LOGICAL_CHANNEL)
            if base in _INSTRUCTIONS and command.cla & _SECURE_MESSAGING_BITS:
                raise _Stop(StatusWord.NO_SECURE_MESSAGING)
            raise _Stop(StatusWord.UNKNOWN_CLASS)
        if command.ins not in _KNOWN:
            raise _Stop(StatusWord.UNKNOWN_INSTRUCTION)
        if command.ins not in known:
            raise _Stop(StatusWord.UNKNOWN_CLASS)

    def _select(self, command: Command) -> bytes:
        if command.p2 != _SELECT_NO_ANSWER:
            raise _Stop(StatusWord.WRONG_PARAMETERS)
        if command.p1 == _SELECT_BY_NAME:
            self._select_application(command.data)
        elif command.p1 == _SELECT_FILE:
            self._select_file(command.data)
        else:
            raise _Stop(StatusWord.WRONG_PARAMETERS)
        return b""

    def _select_application(self, aid: bytes) -> None:
        application = self._layout.application(aid)
        if application is None:
            raise _Stop(StatusWord.NOT_FOUND)
        self._selection = _Selection(application=application)

    def _select_file(self, identifier: bytes) -> None:
        if len(identifier) != _FID_LENGTH:
            raise _Stop(StatusWord.WRONG_LENGTH)
        application = self._selection.application
        entry = application.file(int.from_bytes(identifier, "big")) if application else None
        if entry is None or not self._exists(entry):
            raise _Stop(StatusWord.NOT_FOUND)
        self._selection = replace(self._selection, file=entry)

    def _read(self, command: Command) -> bytes:
        entry = self._selected()
        if entry.kind is not FileKind.DATA:
            raise _Stop(StatusWord.INCOMPATIBLE_FILE)
        if command.data or command.le is None:
            raise _Stop(StatusWord.WRONG_LENGTH)
        self._check_guard(entry)
        if command.parameters > _OFFSET_MAX:  # a short file identifier in P1
            raise _Stop(StatusWord.WRONG_PARAMETERS)
        body = self._body(entry)
        if command.parameters >= len(body):
            raise _Stop(StatusWord.PAST_THE_END)
        return body[command.parameters : command.parameters + command.le]

    def _verify(self, command: Command) -> bytes:
        entry, _ = self._selected_pin(command, _PIN_OF_THIS_FILE)
        record = self._record(entry.fid)
        if not command.data:
            raise _Stop(tries_word(record.tries_left))
        if not record.tries_left:
            raise _Stop(StatusWord.REFERENCE_DATA_UNUSABLE)
        self._selection = replace(self._selection, verified=self._selection.verified - {entry.fid})
        self._write(replace(record, tries_left=record.tries_left - 1))
        if not hmac.compare_digest(command.data, record.value):
            raise _Stop(tries_word(record.tries_left - 1))
        self._restore_tries(entry.fid)
        self._selection = replace(self._selection, verified=self._selection.verified | {entry.fid})
        return b""

    def _change(self, command: Command) -> bytes:
        entry, rule = self._selected_pin(command, _CHANGE_TO_NEW)
        if entry.fid not in self._selection.verified:
            raise _Stop(StatusWord.SECURITY_NOT_SATISFIED)
        if not rule.allows(command.data):
            raise _Stop(StatusWord.WRONG_DATA)
        self._write(replace(self._record(entry.fid), value=command.data))
        return b""

    def _sign(self, command: Command) -> bytes:
        if command.parameters != _SIGN:
            raise _Stop(StatusWord.WRONG_PARAMETERS)
        entry = self._selected()
        key = self._content.key(entry.slot) if self._content else None
        if entry.kind is not FileKind.KEY or key is None:
            raise _Stop(StatusWord.INCOMPATIBLE_FILE)
        self._check_guard(entry)
        if not takes_prepared(key, len(command.data)) or command.le is None:
            raise _Stop(StatusWord.WRONG_LENGTH)
        if command.le < signature_room(key):
            raise _Stop(StatusWord.WRONG_LE)
        if entry.confirmed:
            self._confirmed = False
        return sign_prepared(key, command.data)

    def _selected(self) -> FileEntry:
        if self._selection.file is None:
            raise _Stop(StatusWord.NO_FILE_SELECTED)
        return self._selection.file

    def _selected_pin(self, command: Command, parameters: int) -> tuple[FileEntry, PinRule]:
        if command.parameters != parameters:
            raise _Stop(StatusWord.WRONG_PARAMETERS)
        entry = self._selected()
        if entry.pin is None:
            raise _Stop(StatusWord.INCOMPATIBLE_FILE)
        if command.le is not None or len(command.data) > _LOW_NIBBLE + 1:
            raise _Stop(StatusWord.WRONG_LENGTH)
        return entry, entry.pin

    def _check_guard(self, entry: FileEntry) -> None:
        if entry.confirmed and not self._confirmed:
            raise _Stop(StatusWord.SECURITY_NOT_SATISFIED)
        if entry.guard is not None and entry.guard not in self._selection.verified:
            raise _Stop(StatusWord.SECURITY_NOT_SATISFIED)

    def _exists(self, entry: FileEntry) -> bool:
        if entry.slot is Slot.TOKEN_NAME:
            return True
        if self._content is None:
            return False
        present = self._content.key(entry.slot) if entry.kind is FileKind.KEY else self._content.data(entry.slot)
        return present is not None

    def _body(self, entry: FileEntry) -> bytes:
        written = (
            self._layout.token if entry.slot is Slot.TOKEN_NAME else self._content and self._content.data(entry.slot)
        )
        return (written or b"").ljust(entry.size, bytes((entry.filler,)))

    def _record(self, fid: int) -> PinRecord:
        return next(record for record in self._memory.load() if record.fid == fid)

    def _write(self, changed: PinRecord) -> None:
        self._memory.store(tuple(changed if record.fid == changed.fid else record for record in self._memory.load()))

    def _restore_tries(self, fid: int) -> None:
        rule = next(rule for entry, rule in self._pin_files() if entry.fid == fid)
        self._write(replace(self._record(fid), tries_left=rule.tries))

    def _pin_files(self) -> list[tuple[FileEntry, PinRule]]:
        entries = (entry for application in self._layout.applications for entry in application.files)
        return [(entry, entry.pin) for entry in entries if entry.pin is not None and self._exists(entry)]

    def _issued_pins(self) -> list[PinRecord]:
        return [
            PinRecord(fid=entry.fid, value=self._body(entry), tries_left=rule.tries)
            for entry, rule in self._pin_files()
        ]

    def _check_content(self) -> None:
        for application in self._layout.applications:
            for entry in application.files:
                if entry.kind is FileKind.DATA and len(self._body(entry)) > entry.size:
                    raise ValueError(f"content of file {entry.fid:04X} is longer than the file")
        for entry, rule in self._pin_files():
            if not rule.allows(self._body(entry)):
                raise ValueError(f"the PIN of file {entry.fid:04X} is not one that the card takes")

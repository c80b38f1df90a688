"""PC/SC as a kiosk needs it, over pcsc-lite (`smartcard.scard`, the thin binding). Blocking; knows no card.

Owns contexts, handles, and what went wrong with them. Limits and traps, all seen on Debian 12 (pcscd 1.9.9):

- A card pulled in the middle of a command gives success and an empty answer; pulled before the next poll of the
  reader (400 ms) it gives one code, after it another. So no code is ever a cause: after any failure the reader is
  looked at anew (`Connection`), for longer than a poll.
- After a failure the binding hands out an answer buffer with what was in memory before, so an answer is only read
  when the call succeeded.
- A command to a mute card blocks for ever. This module may be blocked in; `worker` watches it.
- The client library reads `PCSCLITE_CSOCK_NAME` once per process, at the first context, which must not be made
  before a fork.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from smartcard import scard  # type: ignore[import-untyped]  # pyscard ships no types

from konbini.kiosk.card.apdu import Answer, Octets
from konbini.protocol.errors import Code, Refused

__all__ = ["Connection", "Context", "PcscError", "ReaderState"]

_STATUS_WORD = 2
_SETTLE_SECONDS = 1.0  # more than two polls of pcscd
_READER_CHANGES = "\\\\?PnP?\\Notification"
_COUNTER_SHIFT = 16
_NO_READER_FLAGS = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE
_TIMEOUT_CODES = (scard.SCARD_E_TIMEOUT, scard.SCARD_E_TIMEOUT & 0xFFFFFFFF)


class PcscError(Exception):
    """A call failed; the code is for the log, it is never a cause."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(f"{call}: {code & 0xFFFFFFFF:08X}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """One look at one reader: its flags, as `SCardGetStatusChange` wants them back, with the event counter on top."""

    reader: str
    flags: int

    @property
    def works(self) -> bool:
        """Whether the reader is there."""
        return not self.flags & _NO_READER_FLAGS

    @property
    def card(self) -> bool:
        """Whether something lies on it."""
        return self.works and bool(self.flags & scard.SCARD_STATE_PRESENT)

    @property
    def mute(self) -> bool:
        """Whether what lies on it did not answer at power-up."""
        return bool(self.flags & scard.SCARD_STATE_MUTE)

    @property
    def in_use(self) -> bool:
        """Whether some process holds the card."""
        return bool(self.flags & (scard.SCARD_STATE_EXCLUSIVE | scard.SCARD_STATE_INUSE))

    @property
    def events(self) -> int:
        """How often a card has come or gone, as far as pcscd noticed."""
        return self.flags >> _COUNTER_SHIFT


class Context:
    """One connection to pcscd; raises PcscError when there is none to be had."""

    def __init__(self) -> None:
        code, handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        _check("SCardEstablishContext", code)
        self._handle = handle

    def reader(self, prefix: str) -> str | None:
        """The first reader whose name begins so; raises PcscError."""
        code, names = scard.SCardListReaders(self._handle, [])
        if code & 0xFFFFFFFF == scard.SCARD_E_NO_READERS_AVAILABLE & 0xFFFFFFFF:
            return None
        _check("SCardListReaders", code)
        return next((name for name in names if name.startswith(prefix)), None)

    def look(self, reader: str) -> ReaderState:
        """How it stands with a reader now; raises PcscError, also when there is no such reader."""
        return self.wait(ReaderState(reader=reader, flags=scard.SCARD_STATE_UNAWARE), seconds=0)

    def wait(self, known: ReaderState, *, seconds: float) -> ReaderState:
        """Wait until it stands otherwise than `known`, or the time is up; raises PcscError."""
        code, states = scard.SCardGetStatusChange(self._handle, int(seconds * 1000), [(known.reader, known.flags)])
        if code in _TIMEOUT_CODES:
            return known
        _check("SCardGetStatusChange", code)
        return ReaderState(reader=known.reader, flags=states[0][1] & ~scard.SCARD_STATE_CHANGED)

    def wait_for_readers(self, *, seconds: float) -> None:
        """Wait until a reader is plugged in or out, or the time is up; raises PcscError."""
        code, _ = scard.SCardGetStatusChange(
            self._handle, int(seconds * 1000), [(_READER_CHANGES, scard.SCARD_STATE_UNAWARE)]
        )
        if code not in _TIMEOUT_CODES:
            _check("SCardGetStatusChange", code)

    def cancel(self) -> None:
        """End a `wait` that blocks in another thread; nothing happens when there is none."""
        scard.SCardCancel(self._handle)

    def connect(self, reader: str) -> tuple[int, int]:
        """Hold the card in this reader exclusively; handle and protocol; raises PcscError."""
        code, handle, protocol = scard.SCardConnect(
            self._handle, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        _check("SCardConnect", code)
        return handle, protocol

    def release(self) -> None:
        """Let go of pcscd; nothing is left to be done when that fails."""
        scard.SCardReleaseContext(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Connection:
    """The card in the reader whose name begins with `prefix`, held exclusively until `close`.

    Exclusively, because in shared mode any other process of the machine could sign with the key that our PIN
    unlocked; and unpowered at the end, because a card that is merely left keeps its PIN verified.

    Raises:
        Refused: NO_CARD, CARD_MUTE, CARD_FAULT, READER_UNAVAILABLE.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        try:
            self._context = Context()
        except PcscError as error:
            raise Refused(Code.READER_UNAVAILABLE, str(error)) from error
        try:
            self._connect()
        except BaseException:
            self._context.release()
            raise

    def transmit(self, command: Octets) -> Answer:
        """Carry one command.

        Raises:
            Refused: CARD_REMOVED, CARD_FAULT, READER_UNAVAILABLE.
        """
        code, octets = scard.SCardTransmit(self._card, self._protocol_header, command)
        if code != scard.SCARD_S_SUCCESS:
            raise self._cause(str(PcscError("SCardTransmit", code)))
        if len(octets) < _STATUS_WORD:
            raise self._cause("an answer without a status word")
        answer = bytes(octet & 0xFF for octet in octets)
        return Answer(
            data=answer[:-_STATUS_WORD],
            status=int.from_bytes(answer[-_STATUS_WORD:], "big"),
        )

    def close(self) -> None:
        """Take the power off the card and let it and pcscd go; when that fails they are gone already."""
        scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
        self._context.release()

    def _connect(self) -> None:
        try:
            reader = self._context.reader(self._prefix)
            if reader is None:
                raise Refused(Code.READER_UNAVAILABLE, f"no reader named {self._prefix}...")
            self._state = self._context.look(reader)
            if not self._state.card:
                raise Refused(Code.NO_CARD)
            self._card, protocol = self._context.connect(reader)
        except PcscError as error:
            raise self._why_not_held(str(error)) from error
        self._protocol_header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1

    def _why_not_held(self, failure: str) -> Refused:
        state = _look_anew(self._prefix)
        if state is None:
            return Refused(Code.READER_UNAVAILABLE, failure)
        if not state.card:
            return Refused(Code.NO_CARD, failure)
        if state.in_use:
            return Refused(Code.READER_UNAVAILABLE, f"another process holds the card: {failure}")
        return Refused(Code.CARD_MUTE if state.mute else Code.CARD_FAULT, failure)

    def _cause(self, failure: str) -> Refused:
        """What became of card and reader, by looking for longer than pcscd takes to notice."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            state = _look_anew(self._prefix)
            if state is None:
                return Refused(Code.READER_UNAVAILABLE, failure)
            if not state.card or state.events != self._state.events:
                return Refused(Code.CARD_REMOVED, failure)
            if time.monotonic() > deadline:
                return Refused(Code.CARD_FAULT, failure)
            time.sleep(_SETTLE_SECONDS / 20)


def _look_anew(prefix: str) -> ReaderState | None:
    """How it stands with the reader, asked over a new context; None when there is no reader, or no pcscd."""
    try:
        with Context() as context:
            reader = context.reader(prefix)
            state = context.look(reader) if reader is not None else None
    except PcscError:
        return None
    return state if state is not None and state.works else None


def _check(call: str, code: int) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise PcscError(call, code)

"""The log: JSON lines on standard error, with keys and values from an allow-list.

Invariant: no name, address, PIN, document or personal number can be put into the log by any call of it. A key stands in
`Key`, with the shape its value must have; no shape lets Japanese text, free text beyond ASCII, or a container through.
What does not fit is *dropped and marked* (`"withheld": ["key"]`), in tests as in production: a log line is written
most often where something has just gone wrong, and must not turn one fault into two. That every call in the source
names known keys and a constant event is held by tests/unit/house/test_log_calls.py, before anything runs.

An exception is logged as its type and the places it passed, never with its message: messages quote values. Records of
libraries (`capture_libraries`) lose their message for the same reason.

Limits: a number under a number's key is let through whatever it counts; who logs a PIN as `count` defeats this.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum, StrEnum, unique
from types import TracebackType

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

__all__ = ["Key", "capture_libraries", "hearing", "logger"]

_MOST_PLACES = 12
_WORD = re.compile(r"[A-Za-z0-9_.,:;/@+#=-]{1,120}", re.ASCII)
_SENTENCE = re.compile(r"[ -~]{0,240}", re.ASCII)
_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)


@unique
class Key(StrEnum):
    """Every key that a caller may give; a new one is added here, with its shape in `_SHAPES`."""

    # who and what
    ROOM = "room"
    VISIT = "visit"
    KIOSK = "kiosk"
    WARD = "ward"
    ORDER = "order"
    ISSUANCE = "issuance"
    KIND = "kind"
    STEP = "step"
    STATE = "state"
    OUTCOME = "outcome"
    CODE = "code"
    DETAIL = "detail"
    # devices
    DEVICE = "device"
    STATUS = "status"
    REASON = "reason"
    JOB = "job"
    PAGE = "page"
    PAGES = "pages"
    COUNTER = "counter"
    AMOUNT = "amount"
    # processes and their peers
    PEER = "peer"
    UID = "uid"
    PID = "pid"
    PORT = "port"
    ADDRESS = "address"
    METHOD = "method"
    ATTEMPT = "attempt"
    BUILD = "build"
    KEY_ID = "key_id"
    FINGERPRINT = "fingerprint"
    # feeds, files, figures
    INCARNATION = "incarnation"
    NUMBER = "number"
    VERSION = "version"
    COUNT = "count"
    SIZE = "size"
    MILLISECONDS = "milliseconds"
    # faults
    ERROR = "error"
    WHERE = "where"
    LIBRARY = "library"


def _integer(value: object) -> int | str | None:
    """Let an integer through, and a member of an integer enumeration by its name."""
    if isinstance(value, Enum):
        return _word(value)
    return value if isinstance(value, int) else None


def _word(value: object) -> str | None:
    """Let one word of letters, digits and joints through, or an enumeration's member by its name."""
    text = value.name.lower() if isinstance(value, Enum) else value
    return str(text) if isinstance(text, str) and _WORD.fullmatch(text) else None


def _sentence(value: object) -> str | None:
    """Let a line of printable ASCII through: `Refused.detail`, which its author keeps free of personal data."""
    return str(value) if isinstance(value, str) and _SENTENCE.fullmatch(value) else None


def _identifier(value: object) -> str | None:
    """Let bytes through as hexadecimal digits, at most 32 of them: identifiers and digests, no contents."""
    most = 32
    if isinstance(value, bytes):
        return value.hex() if len(value) <= most else None
    return _word(value)


def _places(value: object) -> list[str] | None:
    """Let the places of a traceback through."""
    if not isinstance(value, list) or len(value) > _MOST_PLACES:
        return None
    words = [place for place in value if isinstance(place, str) and _WORD.fullmatch(place)]
    return words if len(words) == len(value) else None


_INTEGERS = (
    Key.ORDER, Key.JOB, Key.PAGE, Key.PAGES, Key.COUNTER, Key.AMOUNT, Key.UID, Key.PID, Key.PORT, Key.METHOD,
    Key.ATTEMPT, Key.NUMBER, Key.VERSION, Key.COUNT, Key.SIZE, Key.MILLISECONDS, Key.CODE,
)  # fmt: skip
_IDENTIFIERS = (Key.VISIT, Key.KEY_ID, Key.FINGERPRINT, Key.INCARNATION, Key.BUILD)

_SHAPES: dict[str, Callable[[object], object]] = {
    **{key.value: _word for key in Key},
    **{key.value: _integer for key in _INTEGERS},
    **{key.value: _identifier for key in _IDENTIFIERS},
    Key.DETAIL.value: _sentence,
    Key.WHERE.value: _places,
}


def logger(room: str) -> FilteringBoundLogger:
    """Return the log of one room, `konbini.kiosk.host` for instance; `room` stands in every line."""
    wrapped: FilteringBoundLogger = structlog.wrap_logger(
        _StandardError(),
        processors=[_drop_unheard, _describe_fault, _admit, _render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        context_class=dict,
    )
    return wrapped.bind(room=room)


@contextmanager
def hearing(least: int) -> Iterator[None]:
    """Write no line below a level of `logging` meanwhile: a simulation of many services at once writes few."""
    before, _LEAST[0] = _LEAST[0], least
    try:
        yield
    finally:
        _LEAST[0] = before


def capture_libraries() -> None:
    """Send the records of libraries and Python's warnings to this log, from WARNING up; called once by each `main`."""
    root = logging.getLogger()
    root.handlers = [_LibraryHandler()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class _StandardError:
    """Writes whole lines to whatever `sys.stderr` is at that moment."""

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg


class _LibraryHandler(logging.Handler):
    """Writes a library's record without its message."""

    def __init__(self) -> None:
        super().__init__()
        self._log = logger("library")

    def emit(self, record: logging.LogRecord) -> None:
        """Write who logged, from where, and the type of the exception if there is one."""
        self._log.log(
            max(record.levelno, logging.WARNING),
            "a library logged",
            library=record.name,
            where=[f"{record.module}.py:{record.lineno}:{record.funcName.strip('<>')}"],
            error=record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "none",
        )


_LEAST = [logging.INFO]
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
"""Of the methods below an error's."""


def _drop_unheard(_log: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Leave out what nobody wants to hear, before anything is spent on it."""
    if _LEVELS.get(method, logging.ERROR) < _LEAST[0]:
        raise structlog.DropEvent
    return line


def _describe_fault(_log: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Turn `exc_info` into the type of the exception and the places it passed."""
    given = line.pop("exc_info", None)
    fault = sys.exc_info()[1] if given is True else given
    if isinstance(fault, BaseException):
        line.setdefault(Key.ERROR, type(fault).__name__)
        line[Key.WHERE] = _trace(fault.__traceback__)
    return line


def _trace(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_MOST_PLACES:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name.strip('<>')}" for frame in frames]


def _admit(_log: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Keep what the allow-list knows and mark what was dropped."""
    event = _sentence(line.pop("event", None))
    admitted: EventDict = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": method,
        "event": "withheld" if event is None else event,
    }
    withheld = []
    for key, value in line.items():
        shape = _SHAPES.get(key)
        shown = shape(value) if shape else None
        if shown is None:
            withheld.append(key if _NAME.fullmatch(key) else "?")
        else:
            admitted[key] = shown
    return {**admitted, "withheld": withheld} if withheld else admitted


def _render(_log: WrappedLogger, _method: str, line: EventDict) -> str:
    return json.dumps(line, ensure_ascii=True)

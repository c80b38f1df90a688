"""A process's configuration: one TOML file, read once, refused whole with its place if a word is not understood.

Every entry is taken once, as what it must be; what nobody took is unknown and stops the start. Paths are relative to
the folder of the file. A refusal names file, table, entry and line.

    with read_table(path) as table:
        ward = table.text("ward")
        with table.part("clerk") as part:
            socket = part.path("socket")
"""

from __future__ import annotations

import datetime as dt
import pwd
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from konbini.process.config_lines import Lines
from konbini.protocol.tls import TlsFiles

__all__ = ["ConfigRefused", "Table", "minute_of_day", "read_table", "table_of"]

T = TypeVar("T")
R = TypeVar("R")

_POINT_BYTES = 65


class ConfigRefused(Exception):  # noqa: N818 - the answer to a file that cannot be used
    """The configuration cannot be used; the text says where and why. Meant for whoever starts the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a table stands: its file, its dotted name and its index among tables of that name."""

    file: Path
    lines: Lines
    title: str = ""
    name: str = ""
    index: int = 0

    def inner(self, key: str, index: int, title: str) -> _Place:
        name = f"{self.name}.{key}" if self.name else key
        return _Place(file=self.file, lines=self.lines, title=f"{self.title} {title}", name=name, index=index)

    def refused(self, reason: str, key: str = "") -> ConfigRefused:
        line = self.lines.of(self.name, self.index, key)
        return ConfigRefused(f"{self.file.name}:{self.title} {reason} (line {line})")


class Table:
    """One table of the file. Left as a context, it refuses what was not taken."""

    def __init__(self, entries: dict[str, object], place: _Place) -> None:
        self._rest = dict(entries)
        self._place = place
        self._folder = place.file.parent

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._rest:
            raise self._place.refused(f"unknown: {', '.join(sorted(self._rest))}", min(self._rest))

    def refused(self, key: str, reason: str) -> ConfigRefused:
        """Give the refusal of an entry, for whoever reads it and finds more wrong than this class can."""
        return self._place.refused(f"{key}: {reason}", key)

    @property
    def folder(self) -> Path:
        """The folder that paths are taken from."""
        return self._folder

    def has(self, key: str) -> bool:
        """Say whether an entry is there and was not taken yet."""
        return key in self._rest

    def text(self, key: str) -> str:
        """Take text that is not empty."""
        return self._convert(key, self._take(key, str), _not_empty)

    def integer(self, key: str, *, least: int = 0) -> int:
        """Take a whole number."""
        number = self._take(key, int)
        if number < least:
            raise self.refused(key, f"at least {least}")
        return number

    def boolean(self, key: str) -> bool:
        """Take true or false."""
        return self._take(key, bool)

    def day(self, key: str) -> dt.date:
        """Take a date."""
        return self._take(key, dt.date)

    def days(self, key: str) -> tuple[dt.date, ...]:
        """Take a list of dates; it may be empty."""
        return self._convert(key, self._take(key, list), _days)

    def local_moment(self, key: str) -> dt.datetime:
        """Take a date and a time of day without an offset: `2026-12-05T22:00:00`, local where the ward is."""
        return self._convert(key, self._take(key, dt.datetime), _local)

    def minute(self, key: str) -> int:
        """Take a time of day, `HH:MM`, as a minute of the day; 24:00 is its end."""
        return self._convert(key, self._take(key, str), minute_of_day)

    def path(self, key: str) -> Path:
        """Take a path."""
        return self._folder / self.text(key)

    def paths(self, key: str) -> tuple[Path, ...]:
        """Take a list of paths that is not empty."""
        return tuple(self._folder / text for text in self.texts(key))

    def texts(self, key: str, *, least: int = 1) -> tuple[str, ...]:
        """Take a list of texts."""
        return self._convert(key, self._take(key, list), lambda values: _texts(values, least))

    def point(self, key: str) -> bytes:
        """Take a P-256 public key: an uncompressed point in hexadecimal digits."""
        return self._convert(key, self._take(key, str), _point)

    def users(self, key: str) -> frozenset[int]:
        """Take users of this machine, by name or by id."""
        return self._convert(key, self._take(key, list), _users)

    def tls_files(self) -> TlsFiles:
        """Take the paths of one end's TLS files: `certificate`, `key`, `authority`."""
        return TlsFiles(certificate=self.path("certificate"), key=self.path("key"), authority=self.path("authority"))

    def part(self, key: str) -> Table:
        """Take a table."""
        if not isinstance(self._rest.get(key), dict):
            raise self._place.refused(f"[{key}] is missing")
        return Table(self._take(key, dict), self._place.inner(key, 0, f"[{key}]"))

    def parts(self, key: str) -> tuple[Table, ...]:
        """Take a list of tables that is not empty."""
        entries = self._convert(key, self._take(key, list), _tables)
        return tuple(
            Table(entry, self._place.inner(key, index, f"[[{key}]] {index + 1}")) for index, entry in enumerate(entries)
        )

    def convert(self, key: str, conversion: Callable[[str], T]) -> T:
        """Take text and convert it; a `ValueError` of the conversion names the entry."""
        return self._convert(key, self._take(key, str), conversion)

    def _take(self, key: str, kind: type[T]) -> T:
        value = self._rest.pop(key, None)
        if type(value) is not kind:
            raise self.refused(key, f"a {kind.__name__} is needed")
        return value

    def _convert(self, key: str, value: T, conversion: Callable[[T], R]) -> R:
        try:
            return conversion(value)
        except (ValueError, KeyError) as error:
            raise self.refused(key, str(error)) from error


def read_table(path: Path) -> Table:
    """Read the file.

    Raises:
        ConfigRefused: not TOML; the text names the line.
        OSError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigRefused(f"{path.name}: {error}") from error
    return table_of(text, path)


def table_of(text: str, path: Path) -> Table:
    """Read a text as if it stood in a file.

    Args:
        text: TOML.
        path: by whose name it is refused, and from whose folder paths are taken; it need not be there.

    Raises:
        ConfigRefused: not TOML; the text names the line.
    """
    try:
        return Table(tomllib.loads(text), _Place(file=path, lines=Lines(text)))
    except RecursionError as error:
        raise ConfigRefused(f"{path.name}: nested too deeply") from error
    except ValueError as error:  # not TOML, or a number with more digits than Python reads
        raise ConfigRefused(f"{path.name}: {error}") from error


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def minute_of_day(text: str) -> int:
    """Read HH:MM as minutes of the day; 24:00 ends it.

    Raises:
        ValueError: it is no time of day.
    """
    if text == "24:00":
        return 24 * 60
    time = dt.time.fromisoformat(text)
    if text != time.strftime("%H:%M"):
        raise ValueError("a time of day is HH:MM")
    return 60 * time.hour + time.minute


def _days(values: list[object]) -> tuple[dt.date, ...]:
    days = tuple(value for value in values if type(value) is dt.date)
    if len(days) != len(values) or len(set(days)) != len(days):
        raise ValueError("a list of different dates is needed")
    return days


def _local(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is not None:
        raise ValueError("a moment without an offset is needed")
    return moment


def _texts(values: list[object], least: int) -> tuple[str, ...]:
    texts = tuple(value for value in values if isinstance(value, str) and value)
    if len(texts) != len(values) or len(texts) < least or len(set(texts)) != len(texts):
        raise ValueError("a list of different texts is needed")
    return texts


def _tables(values: list[object]) -> list[dict[str, object]]:
    tables = [value for value in values if isinstance(value, dict)]
    if len(tables) != len(values) or not tables:
        raise ValueError("a list of tables is needed")
    return tables


def _point(text: str) -> bytes:
    point = bytes.fromhex(text)
    if len(point) != _POINT_BYTES:
        raise ValueError("an uncompressed point of 65 bytes is needed")
    return point


def _users(users: list[object]) -> frozenset[int]:
    if not users:
        raise ValueError("nobody is named")
    return frozenset(_user(user) for user in users)


def _user(user: object) -> int:
    if type(user) is int and user >= 0:
        return user
    if not isinstance(user, str):
        raise ValueError("names or ids of users are needed")  # noqa: TRY004 - what is wrong is the file's content
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError as error:
        raise ValueError(f"no user {user} here") from error

"""The configuration's reader: each entry once, as what it must be; everything else stops the start with its place."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.process.config import ConfigRefused, Table, read_table
from konbini.protocol.tls import TlsFiles


def written(folder: Path, text: str) -> Table:
    """Write a file and open it."""
    path = folder / "made.toml"
    path.write_text(text, encoding="utf-8")
    return read_table(path)


def test_every_entry_is_taken_as_what_it_is(tmp_path: Path) -> None:
    """One of each; paths are relative to the file."""
    point = "04" + "ab" * 64
    text = f"""
    name = "澄川"
    count = 3
    day = 2026-01-31
    opens = "06:30"
    closes = "24:00"
    file = "a/b.key"
    files = ["x", "/y"]
    nothing = []
    point = "{point}"
    users = [{os.getuid()}, "root"]
    [part]
    inner = "deep"
    [end]
    certificate = "end.pem"
    key = "end.key"
    authority = "/ca.pem"
    [[parts]]
    yen = 200
    """
    with written(tmp_path, text) as table, table.part("part") as part:
        assert table.text("name") == "澄川"
        assert table.integer("count", least=1) == 3
        assert table.day("day") == dt.date(2026, 1, 31)
        assert (table.minute("opens"), table.minute("closes")) == (390, 1440)
        assert table.path("file") == tmp_path / "a/b.key"
        assert table.paths("files") == (tmp_path / "x", Path("/y"))
        assert table.texts("nothing", least=0) == ()
        assert table.point("point") == bytes.fromhex(point)
        assert table.users("users") == {os.getuid(), 0}
        assert part.convert("inner", str.upper) == "DEEP"
        with table.part("end") as end:
            assert end.tls_files() == TlsFiles(
                certificate=tmp_path / "end.pem", key=tmp_path / "end.key", authority=Path("/ca.pem")
            )
        (only,) = table.parts("parts")
        with only:
            assert only.integer("yen") == 200


@pytest.mark.parametrize(
    ("text", "take", "place"),
    [
        ("a = 1", lambda table: table.text("a"), "made.toml: a: a str"),
        ('a = ""', lambda table: table.text("a"), "made.toml: a: is empty"),
        ("a = true", lambda table: table.integer("a"), "made.toml: a: a int"),
        ("a = 0", lambda table: table.integer("a", least=1), "made.toml: a: at least 1"),
        ('a = "6:30"', lambda table: table.minute("a"), "made.toml: a"),
        ('a = "25:00"', lambda table: table.minute("a"), "made.toml: a"),
        ('a = "24:01"', lambda table: table.minute("a"), "made.toml: a"),
        ('a = ["x", "x"]', lambda table: table.texts("a"), "made.toml: a: a list of different texts"),
        ('a = ["x", 1]', lambda table: table.texts("a"), "made.toml: a: a list of different texts"),
        ("a = []", lambda table: table.texts("a"), "made.toml: a: a list of different texts"),
        ('a = "04ff"', lambda table: table.point("a"), "made.toml: a: an uncompressed point"),
        ('a = "zz"', lambda table: table.point("a"), "made.toml: a"),
        ("a = []", lambda table: table.users("a"), "made.toml: a: nobody"),
        ('a = ["nobody of this name"]', lambda table: table.users("a"), "made.toml: a: no user"),
        ("a = [1]", lambda table: table.parts("a"), "made.toml: a: a list of tables"),
        ("", lambda table: table.part("a"), r"made.toml: \[a\] is missing"),
        ("[a]\nb = 1", lambda table: table.part("a").text("b"), r"made.toml: \[a\] b: a str"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, take: Callable[[Table], object], place: str) -> None:
    """File, table and entry, and what was needed."""
    with pytest.raises(ConfigRefused, match=place):
        take(written(tmp_path, text))


def test_what_nobody_took_is_unknown(tmp_path: Path) -> None:
    """A misspelt entry stops the start."""
    with pytest.raises(ConfigRefused, match=r"made\.toml: unknown: surplus"), written(tmp_path, "surplus = 1"):
        pass


def test_a_fault_inside_is_not_hidden(tmp_path: Path) -> None:
    """What goes wrong while reading is said, not what was left over by it."""
    with pytest.raises(RuntimeError, match="first"), written(tmp_path, "surplus = 1"):
        raise RuntimeError("first")


@given(text=st.text(max_size=200))
def test_no_file_is_taken_for_something_else(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any text is TOML, or refused with the file's name."""
    path = tmp_path_factory.mktemp("any") / "made.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ConfigRefused):
        assert isinstance(read_table(path), Table)

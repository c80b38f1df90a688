"""Nothing personal can be put into the log."""

from __future__ import annotations

import asyncio
import json
import logging
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from konbini.process.log import Key, capture_libraries, hearing, logger
from konbini.protocol.errors import Code, Refused

NAME = "見本 花子"
_LONGEST_NAME = 40


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the last line of standard error as an object."""
    line: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


def test_a_line_is_json_with_room_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, one object, on standard error and nothing on standard output."""
    logger("konbini.test").warning("ticket refused", code=Code.TICKET_EXPIRED, visit=b"\x01" * 16, count=3)
    line = last_line(capsys)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "event": "ticket refused",
        "room": "konbini.test",
        "code": "ticket_expired",
        "visit": "01" * 16,
        "count": 3,
    }


def test_an_unknown_key_is_dropped_and_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """A key outside the list never shows its value."""
    logger("konbini.test").info("hello", name=NAME, pin="1234", count=1)
    line = last_line(capsys)
    assert line["withheld"] == ["name", "pin"]
    assert line["count"] == 1
    assert NAME not in json.dumps(line, ensure_ascii=False)
    assert "1234" not in json.dumps(line)


@pytest.mark.parametrize("key", sorted(Key))
def test_no_key_lets_a_japanese_name_through(capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Whatever the key, a name in kanji is withheld: as text, in bytes, in a list, inside an exception."""
    for value in (NAME, NAME.encode() * 3, [NAME], {NAME: 1}, Refused(Code.INTERNAL, NAME)):
        logger("konbini.test").info("hello", **{key: value})
        line = last_line(capsys)
        assert line["withheld"] == [key]


def test_what_nobody_wants_to_hear_is_left_out_for_a_while_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever turns the log down has it back as it was, whatever happened meanwhile."""

    def fail() -> None:
        with hearing(logging.CRITICAL):
            logger("konbini.test").error("unheard")
            raise ValueError("meanwhile")

    with pytest.raises(ValueError, match="meanwhile"):
        fail()
    assert capsys.readouterr().err == ""
    logger("konbini.test").info("heard")
    assert last_line(capsys)["event"] == "heard"


def test_an_event_that_is_not_plain_ascii_is_withheld(capsys: pytest.CaptureFixture[str]) -> None:
    """An event is a constant of the source; a formatted one that carries a name is not shown."""
    logger("konbini.test").info(f"{NAME} came in")
    assert last_line(capsys)["event"] == "withheld"


def test_an_exception_shows_its_type_and_places_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Messages quote values; the log never shows one."""
    try:
        int(NAME)
    except ValueError:
        logger("konbini.test").exception("no number")
    line = last_line(capsys)
    assert line["error"] == "ValueError"
    assert line["where"][0].startswith("test_log.py:")
    assert NAME not in json.dumps(line, ensure_ascii=False)
    assert "invalid literal" not in json.dumps(line)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    event=st.text(),
    pairs=st.dictionaries(
        st.sampled_from(sorted(Key)) | st.text(string.ascii_lowercase, min_size=1),
        st.text() | st.binary() | st.integers() | st.none() | st.lists(st.text()) | st.sampled_from(Code),
        max_size=6,
    ),
)
@example(event="", pairs={"a" * 41: None})
def test_any_call_gives_one_line_of_ascii(
    capsys: pytest.CaptureFixture[str], event: str, pairs: dict[str, object]
) -> None:
    """No value breaks the log or gets past ASCII, and every value that is missing is marked."""
    given_pairs = {key: value for key, value in pairs.items() if key not in {"event", "exc_info", "self"}}
    logger("konbini.test").info(event, **given_pairs)
    output = capsys.readouterr().err
    assert output.isascii()
    assert output.count("\n") == 1
    line = json.loads(output)
    missing = {key if len(key) <= _LONGEST_NAME else "?" for key in set(given_pairs) - set(line)}
    assert missing <= set(line.get("withheld", []))


@pytest.fixture
def captured_libraries() -> Iterator[None]:
    """Route library records to the log, and back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    capture_libraries()
    yield
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("captured_libraries")
async def test_a_library_record_loses_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    """What asyncio says about a failed callback names no value."""

    def fail() -> None:
        raise KeyError(NAME)

    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    line = last_line(capsys)
    assert (line["library"], line["error"], line["level"]) == ("asyncio", "KeyError", "error")
    assert "withheld" not in line
    assert NAME not in json.dumps(line, ensure_ascii=False)

"""Words, maintainers, the test page and the document: each says what it must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbini.kiosk.maintenance import test_page
from konbini.kiosk.maintenance.events import ServiceEvent
from konbini.kiosk.maintenance.passwords import hashed, read_maintainers
from konbini.kiosk.maintenance.words import words
from konbini.kiosk.printing.raster import GREY, HEIGHT, WIDTH, PageRaster
from konbini.process.config import ConfigRefused

DOCUMENT = Path(__file__).parents[4] / "docs" / "service-page.md"


def test_every_language_has_every_word() -> None:
    """The same keys, none empty, and a word for each event."""
    japanese, english = (words()[language].texts for language in ("ja", "en"))
    assert japanese.keys() == english.keys()
    assert all(text.strip() for text in (*japanese.values(), *english.values()))
    assert {key.removeprefix("event.") for key in english if key.startswith("event.")} == {
        event.name for event in ServiceEvent
    }


def test_the_document_lists_every_event() -> None:
    """Number, name, and what it means."""
    rows = re.findall(r"\| (\d+) \| `([A-Z_]+)` \| [^|]{10,} \|", DOCUMENT.read_text(encoding="utf-8"))
    assert rows == [(str(int(event)), event.name) for event in ServiceEvent]


def test_maintainers_are_read_and_the_file_holds_no_password(tmp_path: Path) -> None:
    """Names and hashes; the right password of the right name alone."""
    path = tmp_path / "m.toml"
    one, two = hashed("a password of one"), hashed("a password of two")
    path.write_text(f'[[maintainer]]\nname = "one"\nhash = "{one}"\n[[maintainer]]\nname = "two"\nhash = "{two}"\n')
    maintainers = read_maintainers(path)
    assert maintainers.verify("one", "a password of one")
    assert not maintainers.verify("two", "a password of one")
    assert not maintainers.verify("three", "nobody's password")
    assert "a password" not in path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "maintainer = []\n",
        '[[maintainer]]\nname = "山田"\nhash = "$argon2id$x"\n',
        '[[maintainer]]\nname = "one"\nhash = "secret"\n',
        '[[maintainer]]\nname = "one"\nhash = "$argon2id$x"\n' * 2,
    ],
)
def test_a_file_that_lets_nobody_or_anybody_in(tmp_path: Path, text: str) -> None:
    """No maintainer, an odd name, a password in a hash's place, a name twice: the kiosk does not start with it."""
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ValueError, ConfigRefused), match="maintainer"):
        read_maintainers(path)


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_has_a_length(password: str) -> None:
    """Twelve characters at least, and no more than anybody types."""
    with pytest.raises(ValueError, match="characters"):
        hashed(password)


def test_the_test_page_is_one_a4_page_with_something_on_it() -> None:
    """The same bytes each time; the printer's own raster takes it, and it is not white."""
    assert test_page.page() == test_page.page()
    with PageRaster(test_page.page(), GREY) as raster:
        assert raster.pages == test_page.PAGES
        assert 2_000 < len(raster.page(0)) < WIDTH * HEIGHT

"""No word of a screen stands outside the catalogues."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

UI = Path(__file__).parents[4] / "konbini" / "kiosk" / "ui"
TEMPLATES = sorted((UI / "templates").glob("*.html"))
EXPRESSION = re.compile(r"\{% block mood %\}.*?\{% endblock %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
"""What the template engine takes out; a page's mood is a class for the style sheet."""
SAID = ("alt", "aria-description", "aria-label", "data-words", "data-least-words", "label", "placeholder", "title")
"""Attributes whose values reach a person."""


class _Words(HTMLParser):
    """Gathers what a template says by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.said.extend(value or "" for name, value in attrs if name in SAID)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def literal(source: str) -> list[str]:
    """Return the words that stand in a template itself."""
    reader = _Words()
    reader.feed(EXPRESSION.sub("", source))
    return [said.strip() for said in reader.said if any(character.isalpha() for character in said)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_has_no_words(template: Path) -> None:
    """Whatever a person can see or hear comes from a catalogue."""
    assert literal(template.read_text("utf-8")) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_an_attribute_holds_no_markup(template: Path) -> None:
    """A text drawn with readings would break out of its quotation marks: attributes take the plain one."""
    assert re.findall(r'="[^"]*\{\{ *(?:t|words\.said|words\.sentence)\(', template.read_text("utf-8")) == []


@pytest.mark.parametrize("script", sorted((UI / "static").glob("*.js")), ids=lambda path: path.stem)
def test_a_script_shows_what_the_page_brought(script: Path) -> None:
    """Whatever it writes into the page comes out of the page (`data-words`) or is empty."""
    written = re.findall(r"(?:textContent|innerHTML|innerText|title) = ([^;]*);", script.read_text("utf-8"))
    assert [value for value in written if not re.search(r"dataset|next\.title", value)] == []


def test_words_are_found() -> None:
    """The searches above find what they look for."""
    assert literal('<p>{{ t("a") }} now</p><button aria-label="Go">{% if a %}x{% endif %}</button>') == [
        "now",
        "Go",
        "x",
    ]

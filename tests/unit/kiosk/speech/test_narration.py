"""Every screen as speech: complete, operable by the keypad alone, and silent where somebody else could hear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.kiosk.session.audio import Audio
from konbini.kiosk.session.choice_views import CheckView, MemberChoice, MembersView
from konbini.kiosk.session.entry_views import PinView
from konbini.kiosk.session.fates import Money, MoneyFate, Paper, PaperFate
from konbini.kiosk.session.list_views import LINES_A_PAGE, OwnLine, OwnListView
from konbini.kiosk.session.look import Language, Panel
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, PrintingView, TakePaperView
from konbini.kiosk.session.place_views import FoundView, PostcodeView
from konbini.kiosk.session.view import IdleWarning, View
from konbini.kiosk.speech.facts import FACTS
from konbini.kiosk.speech.narration import Role, narrate
from konbini.kiosk.speech.script import Script, inventory
from konbini.kiosk.speech.texts import spoken_texts
from konbini.kiosk.ui.pages import TEMPLATES, Marks, Pages
from konbini.kiosk.ui.specimens import CHECK, MEMBERS, SPECIMENS
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, IssuanceFate
from tests.unit.kiosk.speech.conftest import SPOKEN

OPEN = Audio(is_on=True)
PRIVATE = Audio(is_on=True, headphones=True)
MARKS = Marks(token="t", step="s", version="v")  # noqa: S106 - no secret
SCRIPTS = {language: Script(language=language, texts=spoken_texts()[language]) for language in SPOKEN}
CLIPS = {language: inventory(language, script.texts) for language, script in SCRIPTS.items()}


def over(view: View) -> Iterator[View]:
    """Give a view aloud and into headphones, below each panel, and below the warning."""
    heard = replace(view, audio=OPEN)
    yield heard
    yield replace(view, audio=PRIVATE)
    yield from (replace(heard, panel=panel) for panel in Panel)
    yield replace(heard, idle=IdleWarning(seconds=17))


class _Controls(HTMLParser):
    """What a page lets a hand do: in its dialog where one lies over it, else below it."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: dict[bool, set[str]] = {True: set(), False: set()}
        self._depth = 0
        self._hidden = ""
        self._acts: dict[str | None, str] = {}
        """What a form does whose button stands outside of it, by the form's id."""
        self._form: str | None = None
        self._is_out = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "section" and (self._depth or "dialog" in str(values.get("role"))):
            self._depth += 1
        elif tag == "form":
            self._hidden, self._is_out, self._form = "", "hidden" in values, values.get("id")
        elif tag == "input" and values.get("type") in ("checkbox", "radio"):
            self._keep(f"{values['name']}={values['value']}")
        elif tag == "input" and values.get("name") == "act":
            self._hidden = self._acts[self._form] = f"act={values['value']}"
        elif tag == "button" and "disabled" not in values and not self._is_out:
            if values.get("name"):
                self._keep(f"{values['name']}={values['value']}")
            elif not values.keys() & {"data-key", "data-turn"}:  # these type, and move what is seen
                self._keep(self._acts[values["form"]] if "form" in values else self._hidden)

    def handle_endtag(self, tag: str) -> None:
        if tag == "section" and self._depth:
            self._depth -= 1

    def _keep(self, control: str) -> None:
        self.inside[self._depth > 0].add(control)


@pytest.mark.parametrize("view", SPECIMENS, ids=lambda view: f"{type(view).__name__}-{view.state.name}")
def test_what_a_hand_can_do_a_key_can_do(speaking_pages: Pages, view: View) -> None:
    """The choices are the controls of the page, all of them, in every language and below every dialog."""
    for language in SPOKEN:
        for shown in over(replace(view, language=language)):
            page = _Controls()
            page.feed(speaking_pages.draw(shown, MARKS))
            told = speaking_pages.narration(shown)
            offered = [each.control for each in told.utterances if each.control]
            assert set(offered) == page.inside[bool(told.over.value)], shown


@pytest.mark.parametrize("view", SPECIMENS, ids=lambda view: f"{type(view).__name__}-{view.state.name}")
def test_every_screen_is_said_in_parts_that_there_are(view: View) -> None:
    """No utterance is empty, none needs a clip that is not made, and the screen begins with what it is about."""
    for language in SPOKEN:
        for shown in over(view):
            told = narrate(shown, SCRIPTS, language).utterances
            assert told[0].role in (Role.SCREEN, Role.NEWS)
            for each in told:
                assert each.text
                assert {*each.parts, *each.ticked, *each.unticked} <= CLIPS[each.language], each


def test_every_view_is_said() -> None:
    """What has a page has words."""
    assert set(FACTS) == set(TEMPLATES)


def spoken(view: View) -> str:
    """Return all that is said of a view in all languages, without the gaps between parts."""
    return "".join(
        part
        for language in SPOKEN
        for each in narrate(view, SCRIPTS, language).utterances
        for part in (*each.parts, each.control)
    )


_NAMES = st.lists(
    st.tuples(
        st.text("見本花子吉", min_size=2, max_size=6), st.text("あいうえおはひふへほきょっー", min_size=4, max_size=8)
    ),
    min_size=1,
    max_size=4,
)
"""Names as written, and as they are read."""


def household(names: list[tuple[str, str]]) -> tuple[MembersView, CheckView]:
    """Give both screens that have names, filled with these."""
    members = tuple(
        MemberChoice(handle=bytes([at]) * 8, name=name, chosen=False, is_holder=at == 0, reading=reading)
        for at, (name, reading) in enumerate(names)
    )
    check = replace(
        CHECK,
        people=tuple(name for name, _ in names),
        readings=tuple(reading for _, reading in names),
        positions=tuple(range(1, len(names) + 1)),
        names_shown=True,
    )
    return MembersView(members=members), check


@given(names=_NAMES)
def test_a_name_is_said_into_headphones_as_it_is_read(names: list[tuple[str, str]]) -> None:
    """On both screens that have names: mora by mora, in both voices."""
    for view in household(names):
        private = spoken(replace(view, audio=PRIVATE))
        for language in SPOKEN:
            assert all("".join(SCRIPTS[language].person(*each)) in private for each in names)


@given(names=_NAMES, others=_NAMES)
def test_without_the_plug_nothing_that_is_said_depends_on_a_name(
    names: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    """Over the loudspeaker two households of one size sound alike, to the last part, in every voice."""
    size = min(len(names), len(others))
    for one, other in zip(household(names[:size]), household(others[:size]), strict=True):
        for language in SPOKEN:
            aloud = [narrate(replace(each, audio=OPEN), SCRIPTS, language) for each in (one, other)]
            assert aloud[0] == aloud[1]


@given(names=_NAMES)
def test_a_page_has_no_reading_that_it_does_not_say(speaking_pages: Pages, names: list[tuple[str, str]]) -> None:
    """Neither as it is written nor as it is said: the eye has the name itself."""
    for view in household(names):
        for audio in (OPEN, Audio(), Audio(headphones=True)):
            page = speaking_pages.draw(replace(view, audio=audio), MARKS)
            for name, reading in names:
                assert reading not in page
                assert " ".join(SCRIPTS[Language.JAPANESE].person(name, reading)) not in page


def test_masked_names_are_not_said_at_all() -> None:
    """A mask is for the eye: who asked for no names hears the person's place in the household."""
    view = replace(CHECK, people=("見＊",), readings=("み＊",), positions=(2,), names_shown=False, audio=PRIVATE)
    told = [each.text for each in narrate(view, SCRIPTS, Language.JAPANESE).utterances]
    assert "載せる方 2人目" in told


def test_the_holder_is_named_as_the_holder() -> None:
    """Whose card it is tells the members apart, without a name."""
    view = replace(MEMBERS, members=(replace(MEMBERS.members[0], is_holder=True), *MEMBERS.members[1:]), audio=OPEN)
    told = [each.text for each in narrate(view, SCRIPTS, Language.JAPANESE).utterances if each.role is Role.CHOICE]
    assert told[0] == "1番 1人目 カードの持ち主"
    assert told[1] == "2番 2人目"


def test_the_postcode_is_said_into_headphones_alone() -> None:
    """Where one lives is nobody's business, typed or found."""
    found = next(view for view in SPECIMENS if isinstance(view, FoundView))
    for view, digits in ((found, "".join(found.postcode)), (PostcodeView(), "digit-7")):
        aloud = narrate(replace(view, audio=OPEN), SCRIPTS, Language.JAPANESE)
        private = narrate(replace(view, audio=PRIVATE), SCRIPTS, Language.JAPANESE)
        said_aloud, said_private = (
            "".join(part for each in told.utterances for part in (*each.parts, each.cue)) for told in (aloud, private)
        )
        assert digits not in said_aloud
        assert digits in said_private


@given(tries=st.integers(1, 3), was_wrong=st.booleans(), headphones=st.booleans())
def test_of_a_pin_nothing_is_said_but_how_many_digits(*, tries: int, was_wrong: bool, headphones: bool) -> None:
    """No cue and no choice is about a digit, into headphones neither: a tone is all."""
    view = PinView(tries_left=tries, was_wrong=was_wrong, audio=Audio(is_on=True, headphones=headphones))
    for language in SPOKEN:
        cues = {each.cue for each in narrate(view, SCRIPTS, language).utterances if each.cue}
        assert cues == {"choose", *(f"entered-{n}" for n in range(5))}


_AMOUNTS = st.integers(0, 9_999)
_OWN_LINES = st.lists(
    st.builds(
        OwnLine,
        number=st.from_regex(r"[0-9]{6}-[0-9]{6}-[0-9]{8}-[0-9]", fullmatch=True),
        kind=st.sampled_from(CertificateKind),
        issued=st.integers(946_652_400_000, 4_102_412_399_000),
        kiosk=st.text(max_size=8),
        operator=st.text(max_size=8),
        is_here=st.booleans(),
        fate=st.sampled_from(IssuanceFate),
    ),
    max_size=LINES_A_PAGE,
).map(tuple)
_OWN_LISTS = st.builds(
    OwnListView,
    since=st.integers(946_652_400_000, 4_102_412_399_000),
    lines=_OWN_LINES,
    page=st.integers(1, 4),
    pages=st.integers(1, 4),
    older=_AMOUNTS,
)
_VIEWS: st.SearchStrategy[View] = st.one_of(
    st.builds(PayView, fee=_AMOUNTS, inserted=_AMOUNTS),
    st.builds(
        PrintingView,
        page=st.integers(1, 3),
        pages=st.integers(1, 3),
        order=st.integers(1, 5),
        orders=st.integers(1, 5),
    ),
    st.builds(TakePaperView, pages=st.integers(1, 40), left=st.booleans()),
    st.builds(
        OutcomeView,
        code=st.sampled_from(Code),
        money=st.builds(Money, fate=st.sampled_from(MoneyFate), amount=_AMOUNTS),
        paper=st.builds(Paper, fate=st.sampled_from(PaperFate), out=st.integers(0, 9), due=st.integers(0, 9)),
        reference=st.from_regex(r"([0-9]{6}-[0-9]{4}-[0-9]{4})?", fullmatch=True),
        card_on_reader=st.booleans(),
    ),
    st.builds(EndView, fee=_AMOUNTS, may_go_on=st.booleans()),
    _OWN_LISTS,
    st.builds(
        lambda fee, copies, most: replace(CHECK, fee=fee, copies=min(copies, most), most_copies=most),
        fee=_AMOUNTS,
        copies=st.integers(1, 5),
        most=st.integers(1, 5),
    ),
)


@given(view=_VIEWS, audio=st.sampled_from((OPEN, PRIVATE)), seconds=st.none() | st.integers(0, 60))
def test_whatever_a_screen_holds_it_is_said(view: View, audio: Audio, seconds: int | None) -> None:
    """Any amount, count, code and number of a certificate, in parts that there are."""
    idle = None if seconds is None else IdleWarning(seconds=seconds)
    for language in SPOKEN:
        for each in narrate(replace(view, audio=audio, idle=idle), SCRIPTS, language).utterances:
            assert set(each.parts) <= CLIPS[each.language]


@given(view=_OWN_LISTS, others=_OWN_LINES)
def test_what_was_issued_is_said_into_headphones_alone(view: OwnListView, others: tuple[OwnLine, ...]) -> None:
    """Into them every line with its number; without them nothing but how many there are."""
    private = replace(view, audio=PRIVATE)
    for language in SPOKEN:
        heard = "".join(part for each in narrate(private, SCRIPTS, language).utterances for part in each.parts)
        assert all("".join(SCRIPTS[language].digits(line.number)) in heard for line in view.lines)
    if len(others) == len(view.lines):
        assert spoken(replace(view, audio=OPEN)) == spoken(replace(view, audio=OPEN, lines=others))


def test_the_page_names_its_clips_only_while_it_speaks(speaking_pages: Pages) -> None:
    """Silent, the list has the keypad's order alone; on a machine without clips nothing offers to speak."""
    quiet = speaking_pages.draw(CHECK, MARKS)
    assert "data-clips" not in quiet
    assert 'data-for="act=confirm"' in quiet
    assert "panel.audio" in quiet
    assert "data-clips" in speaking_pages.draw(replace(CHECK, audio=OPEN), MARKS)
    silent = Pages().draw(CHECK, MARKS)
    assert 'value="panel.audio"' not in silent

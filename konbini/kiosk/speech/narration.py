"""A screen as speech (音声案内): view in, utterances out, in the order in which they are said. Pure.

Owns: what a narration is made of, and its order: what is the matter, the title, the hint, what the screen shows, the
keys, the choices with the number that chooses each. `facts` says what a screen shows and `choices` what can be done
there; a dialog that lies over the screen (the idle warning, a panel) is said in its place.

Invariants, held by property tests: every view has a narration; everything that its page lets a hand do is a choice of
it; a name is part of it only while headphones are in; of a PIN nothing is, ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, unique

from konbini.kiosk.session.entry_views import PinView
from konbini.kiosk.session.look import Language
from konbini.kiosk.session.place_views import PostcodeView
from konbini.kiosk.session.view import View
from konbini.kiosk.speech import choices, facts
from konbini.kiosk.speech.choices import Choice
from konbini.kiosk.speech.facts import Fact, Manner
from konbini.kiosk.speech.script import COUNTDOWN, Parts, Script

__all__ = ["Narration", "Over", "Role", "Utterance", "narrate"]

_DIGITS = "0123456789"


@unique
class Role(Enum):
    """When an utterance is said."""

    SCREEN = "screen"
    """Once, when the screen comes, and whenever it is asked for again."""
    NEWS = "news"
    """The same, and at once when it changes while the screen stays: money, pages, what went wrong."""
    CHOICE = "choice"
    """The same as the screen, and when it is stepped on."""
    TOOL = "tool"
    """A choice that is said only when it is stepped on: the language, the display and the audio, on every screen."""
    SETTING = "setting"
    """Only when it changes: rate and volume."""
    CUE = "cue"
    """When the page itself has something to say: a digit typed, nobody ticked, seconds left."""


@unique
class Over(Enum):
    """What lies over the screen and is said in its place."""

    NOTHING = ""
    PANEL = "panel"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One thing that is said without a break.

    Attributes:
        role: when.
        parts: what, each with a clip.
        language: of the voice.
        control: of a choice: what it operates, "name=value" as the page's forms have it.
        ticked, unticked: what is said after it as the control stands; empty where it cannot be ticked.
        cue: of a cue: its name.
    """

    role: Role
    parts: Parts
    language: Language
    control: str = ""
    ticked: Parts = ()
    unticked: Parts = ()
    cue: str = ""

    @property
    def text(self) -> str:
        """What is heard, to be read."""
        return " ".join(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """All that a page says."""

    over: Over
    utterances: tuple[Utterance, ...]


def narrate(view: View, scripts: Mapping[Language, Script], spoken: Language) -> Narration:
    """Return what is said of `view`.

    Args:
        view: the screen.
        scripts: one for each language that has a voice.
        spoken: the language of it, one of these.
    """
    scripts = {language: script.paid_by(view.means) for language, script in scripts.items()}
    script = scripts[spoken]
    over = Over.IDLE if view.idle else Over.PANEL if view.panel else Over.NOTHING
    offered = choices.choices(view, scripts, spoken)
    told = (
        *(_fact(fact, script) for fact in facts.facts(view, script)),
        *_keys(view, offered, script),
        *_numbered(offered, script),
        *_settings(view, script),
        *_cues(view, script),
    )
    return Narration(over=over, utterances=tuple(each for each in told if each.parts))


def _fact(fact: Fact, script: Script) -> Utterance:
    role = Role.NEWS if fact.manner is Manner.NEWS else Role.SCREEN
    return Utterance(role=role, parts=fact.parts, language=script.language)


def _keys(view: View, offered: tuple[Choice, ...], script: Script) -> Iterator[Utterance]:
    """Say how many choices there are and how to take one; a screen that only waits offers none."""
    count = sum(not choice.is_tool for choice in offered)
    if isinstance(view, PinView | PostcodeView) and not view.idle and not view.panel:
        yield Utterance(role=Role.SCREEN, parts=script.say("audio.type"), language=script.language)
    if count:
        yield Utterance(role=Role.SCREEN, parts=script.say("audio.choices", count=count), language=script.language)


def _numbered(offered: tuple[Choice, ...], script: Script) -> Iterator[Utterance]:
    for number, choice in enumerate(offered, 1):
        own = choice.language or script.language
        yield Utterance(
            role=Role.TOOL if choice.is_tool else Role.CHOICE,
            # A choice in another language is said by that language's voice, its number too.
            parts=(*(choice.number or script.say("audio.number", n=number)), *choice.parts),
            language=own,
            control=choice.control,
            ticked=script.say("audio.ticked") if choice.can_be_ticked else (),
            unticked=script.say("audio.unticked") if choice.can_be_ticked else (),
        )


def _settings(view: View, script: Script) -> Iterator[Utterance]:
    for parts in (
        script.say("audio.rate", percent=view.audio.rate),
        script.say("audio.volume", step=view.audio.volume),
    ):
        yield Utterance(role=Role.SETTING, parts=parts, language=script.language)


def _cues(view: View, script: Script) -> Iterator[Utterance]:
    for name, parts in _cue_texts(view, script):
        yield Utterance(role=Role.CUE, parts=parts, language=script.language, cue=name)


def _cue_texts(view: View, script: Script) -> Iterator[tuple[str, Parts]]:
    yield "choose", script.say("audio.choose")
    if view.idle:
        yield from ((f"seconds-{left}", script.say("idle.seconds", seconds=left)) for left in COUNTDOWN)
    elif isinstance(view, PinView):
        # How many, never which: each digit is the same tone.
        yield from ((f"entered-{n}", script.say("pin.entered", n=n)) for n in range(5))
    elif isinstance(view, PostcodeView) and view.audio.is_private:
        yield from ((f"digit-{digit}", script.digits(digit)) for digit in _DIGITS)
    else:
        yield "least", script.say("members.none")

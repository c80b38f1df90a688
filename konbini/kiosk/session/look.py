"""How a visitor has the screens: the language, the size and the contrast, and what opens over any screen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

__all__ = ["MAIN_LANGUAGES", "Language", "Look", "Panel", "TextSize", "Theme"]


@unique
class Language(Enum):
    """The languages of the screens, as BCP 47 tags, each in the order in which it is offered."""

    JAPANESE = "ja"
    PLAIN_JAPANESE = "ja-x-easy"
    """やさしい日本語, with readings above the kanji."""
    ENGLISH = "en"
    SIMPLIFIED_CHINESE = "zh-Hans"
    KOREAN = "ko"
    VIETNAMESE = "vi"
    TRADITIONAL_CHINESE = "zh-Hant"
    PORTUGUESE = "pt"
    SPANISH = "es"
    FILIPINO = "fil"
    NEPALI = "ne"
    INDONESIAN = "id"
    THAI = "th"
    BURMESE = "my"

    @property
    def is_japanese(self) -> bool:
        """Whether its sentences are Japanese."""
        return self in (Language.JAPANESE, Language.PLAIN_JAPANESE)

    @property
    def reads_kanji(self) -> bool:
        """Whether its readers know a place by its kanji better than by Latin letters."""
        return self.is_japanese or self in (Language.SIMPLIFIED_CHINESE, Language.TRADITIONAL_CHINESE)


MAIN_LANGUAGES = (
    Language.JAPANESE,
    Language.PLAIN_JAPANESE,
    Language.ENGLISH,
    Language.SIMPLIFIED_CHINESE,
    Language.KOREAN,
    Language.VIETNAMESE,
)
"""Those that the start screen offers as buttons of their own; the others are one tap away."""


@unique
class TextSize(Enum):
    """Four sizes of the text, of which the second is the one that everybody meets."""

    SMALL = "small"
    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


@unique
class Theme(Enum):
    """Four contrasts of the screen."""

    LIGHT = "light"
    DARK = "dark"
    BLACK_ON_WHITE = "black-on-white"
    YELLOW_ON_BLACK = "yellow-on-black"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the screens look to this visitor; each visit begins with the same."""

    size: TextSize = TextSize.NORMAL
    theme: Theme = Theme.LIGHT


@unique
class Panel(Enum):
    """What may be opened over any screen."""

    LANGUAGES = "languages"
    DISPLAY = "display"
    AUDIO = "audio"

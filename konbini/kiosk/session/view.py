"""What each screen may know: one frozen view model for each, and nothing beyond what its page needs.

Invariants: members' names stand in `MembersView` (whole, because one chooses by them) and in `CheckView` (masked by
`masked` unless the resident asked to see them), nowhere else; no certificate, PIN, card number or key is ever part
of a view. Amounts are whole yen. Moments are Unix milliseconds, shown in Japan's time by the pages.

What lies over any screen is part of every view: the language, the idle warning, how the screen looks (`Look`) and is
heard (`Audio`), and the panel that changes these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, unique
from typing import ClassVar, Self

from konbini.kiosk.session.audio import Audio
from konbini.kiosk.session.flow import State, Step, step
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, Options, Scope

__all__ = [
    "MAIN_LANGUAGES",
    "CardLeftView",
    "CardView",
    "CheckView",
    "ClosedView",
    "CoinsLeftView",
    "EndView",
    "FoundView",
    "IdleWarning",
    "KindTimes",
    "KindView",
    "Language",
    "Look",
    "LookAgainView",
    "MemberChoice",
    "MembersView",
    "Money",
    "MoneyFate",
    "NotOfferedView",
    "NoticeView",
    "OptionsView",
    "OrderLine",
    "OutOfServiceView",
    "OutcomeView",
    "Panel",
    "Paper",
    "PaperFate",
    "PayView",
    "PinView",
    "PlaceName",
    "PostcodeView",
    "PrefectureView",
    "PricedKind",
    "PrintingView",
    "ReturningView",
    "ScopeView",
    "Sound",
    "StartView",
    "TakeCardView",
    "TakePaperView",
    "TextSize",
    "Theme",
    "TownView",
    "View",
    "Wanted",
    "WardChoice",
    "WardName",
    "WardView",
    "WorkingView",
    "masked",
]


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


@unique
class Sound(Enum):
    """What repeats until it is true no more."""

    TAKE_CARD = "take-card"
    TAKE_PAPER = "take-paper"
    TAKE_COINS = "take-coins"


@unique
class MoneyFate(Enum):
    """What became of the resident's money."""

    NONE_TAKEN = "none taken"
    RETURNED = "returned"
    TAKEN = "taken"
    OWED = "owed"
    """The machine could not pay it out: a slip (控え) says so."""
    HELD = "held"
    """Nobody knows yet whether a certificate came out: a person settles it."""


@unique
class PaperFate(Enum):
    """What became of the paper."""

    NONE = "none"
    ALL = "all"
    SOME = "some"
    """Pages came out, and they are void."""
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What became of `amount` yen."""

    fate: MoneyFate
    amount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What became of the paper: `out` pages of `due`."""

    fate: PaperFate
    out: int = 0
    due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWarning:
    """Nobody has touched anything: `seconds` are left."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WardName:
    """A municipality's name as it is written, in Latin letters and in kana (these empty where they are not known)."""

    written: str
    latin: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WardChoice:
    """One ward that can be chosen; `hours` as "6:30-23:00"; a closed one can be chosen too, and says until when."""

    code: str
    name: WardName
    hours: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedKind:
    """A certificate that is offered, and its fee in yen."""

    kind: CertificateKind
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChoice:
    """A member of the household: the ward's handle for this visit, the name as recorded, whether it is the holder."""

    handle: bytes
    name: str
    chosen: bool
    is_holder: bool = False


_SILENT = Audio()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every screen has.

    Attributes:
        LIVE: whether the screen's figures may change under the resident's finger without changing what a tap means.
        SOUND: what repeats while the screen lasts.
    """

    LIVE: ClassVar[bool] = False
    SOUND: ClassVar[Sound | None] = None
    STATE: ClassVar[State]

    language: Language = Language.JAPANESE
    idle: IdleWarning | None = None
    look: Look = Look()
    audio: Audio = _SILENT
    panel: Panel | None = None

    @property
    def state(self) -> State:
        """The flow's state that this screen shows."""
        return self.STATE

    @property
    def step(self) -> Step | None:
        """The named part of the visit, None outside of one."""
        return step(self.state)

    @property
    def sound(self) -> Sound | None:
        """What repeats while this screen lasts."""
        return self.SOUND

    def bare(self) -> Self:
        """Return this view without what lies over it: two views with equal bare ones ask the same question."""
        return replace(self, language=Language.JAPANESE, idle=None, look=Look(), audio=Audio(), panel=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfServiceView(View):
    """A device is missing; `code` says which."""

    STATE = State.OUT_OF_SERVICE

    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedView(View):
    """Closed: the whole kiosk, or the one ward that was chosen.

    Attributes:
        code: why (`Code.WARD_CLOSED`, `Code.WARD_STOPPED`, ...).
        ward: the ward that was chosen, None where no ward can be asked.
        reopens: when it opens again, None where nobody knows.
    """

    code: Code
    ward: WardName | None = None
    reopens: int | None = None

    @property
    def state(self) -> State:
        """The kiosk's own state or the one ward's."""
        return State.CLOSED if self.ward is None else State.WARD_CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class StartView(View):
    """Nobody is here: choose a language to begin."""

    STATE = State.START


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView(View):
    """What the kiosk does with card and answers, to be agreed to."""

    STATE = State.NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class WardView(View):
    """Which municipality."""

    STATE = State.WARD

    wards: tuple[WardChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceName:
    """A prefecture or a municipality that can be chosen, by its code; `detail` tells two of one name apart."""

    code: str
    name: WardName
    detail: WardName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectureView(View):
    """Which of the 47 prefectures: those of one region (地方), and the regions that there are."""

    STATE = State.PREFECTURE

    regions: tuple[str, ...]
    region: str
    prefectures: tuple[PlaceName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TownView(View):
    """Which municipality of a prefecture: those whose names begin in one kana row, and the rows that there are."""

    STATE = State.TOWN

    prefecture: WardName
    rows: tuple[str, ...]
    row: str
    towns: tuple[PlaceName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostcodeView(View):
    """The postcode of where one lives; `was_unknown` where no municipality has the one that was typed."""

    STATE = State.POSTCODE

    was_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView(View):
    """Which of the municipalities that have the postcode, at least one."""

    STATE = State.FOUND

    postcode: str
    towns: tuple[PlaceName, ...]


@unique
class Wanted(Enum):
    """What was looked for and cannot be had here yet."""

    TOWN = "town"
    """A certificate of a municipality that takes no part."""
    DOMICILE = "domicile"
    """Something of the registered domicile (本籍地) where it is not where one lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOfferedView(View):
    """It cannot be had here yet; `town` is the municipality, where one was chosen."""

    STATE = State.NOT_OFFERED

    wanted: Wanted
    town: WardName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTimes:
    """The hours of one kind of certificate today, "8:30-17:00"; empty where there are none."""

    kind: CertificateKind
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView(View):
    """Put the card on the reader. `kinds` are those that have other hours today than the ward.

    `maintenance` is when nothing will be issued for a while, Unix milliseconds; None where none is planned.
    """

    STATE = State.CARD

    ward: WardName
    kinds: tuple[KindTimes, ...] = ()
    maintenance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinView(View):
    """The PIN, with the tries that the card has left (1 to 3)."""

    STATE = State.PIN

    tries_left: int
    was_wrong: bool = False


_WORKING = frozenset(
    {
        State.IDENTIFYING,
        State.CHECKING_PIN,
        State.ASKING,
        State.ASKING_CARD_BACK,
        State.PREPARING,
        State.WIPING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingView(View):
    """The kiosk works and the resident waits; `work` is the state that says at what.

    Raises:
        ValueError: `work` is a state with a screen of its own.
    """

    work: State

    def __post_init__(self) -> None:
        if self.work not in _WORKING:
            raise ValueError(f"{self.work} has a screen of its own")

    @property
    def state(self) -> State:
        """What the kiosk works at."""
        return self.work


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCardView(View):
    """Take the card back: there is no way on while it lies there."""

    SOUND = Sound.TAKE_CARD
    STATE = State.TAKE_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class KindView(View):
    """Which certificate."""

    STATE = State.KIND

    kinds: tuple[PricedKind, ...]
    chosen: CertificateKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView(View):
    """Whom the certificate shows."""

    STATE = State.SCOPE

    scopes: tuple[Scope, ...]
    chosen: Scope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersView(View):
    """Which members of the household; at least one."""

    STATE = State.MEMBERS

    members: tuple[MemberChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsView(View):
    """What to show or omit; every flag of `chosen` is one of `offered`."""

    STATE = State.OPTIONS

    offered: Options
    chosen: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView(View):
    """Check the answers and the fee.

    Attributes:
        questions: the questions that were asked and can be changed, in their order.
        people: names, masked unless `names_shown`.
        positions: the place of each of them in the household's list, from 1; the card's holder is the first there.
        shown: what the certificate will show, of `offered`.
        fee: of one, in yen.
        copies: how many of it.
        most_copies: how many of it the visit has left.
        others: what is paid together with it, in the order in which it was added.
    """

    STATE = State.CHECK

    questions: tuple[State, ...]
    kind: CertificateKind
    scope: Scope
    people: tuple[str, ...]
    names_shown: bool
    offered: Options
    shown: Options
    fee: int
    copies: int = 1
    most_copies: int = 1
    others: tuple[PricedKind, ...] = ()
    positions: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """Yen for all that is paid together."""
        return self.fee * self.copies + sum(other.fee for other in self.others)

    @property
    def may_add(self) -> bool:
        """Whether the visit has an order left beyond these."""
        return self.copies < self.most_copies


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgainView(View):
    """Something changed meanwhile or the menu ran out; `money` says what became of it."""

    STATE = State.LOOK_AGAIN

    code: Code
    money: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PayView(View):
    """Coins go into escrow; amounts in yen."""

    LIVE = True
    STATE = State.PAY

    fee: int
    inserted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintingView(View):
    """Page `page` of `pages` is being printed, of certificate `order` of `orders`."""

    LIVE = True
    STATE = State.PRINTING

    page: int
    pages: int
    order: int = 1
    orders: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePaperView(View):
    """Take the paper; `left` once the visit has given up waiting and the shop is told."""

    SOUND = Sound.TAKE_PAPER

    pages: int
    left: bool = False

    @property
    def state(self) -> State:
        """Waiting for the resident, or for anybody."""
        return State.PAPER_LEFT if self.left else State.TAKE_PAPER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturningView(View):
    """`amount` yen go back; `again` where the visit goes on with a fresh menu."""

    amount: int
    again: bool = False

    @property
    def state(self) -> State:
        """What follows when the money is back."""
        return State.RETURNING_TO_LOOK if self.again else State.RETURNING


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView(View):
    """The visit is over without a certificate: exactly what happened.

    Attributes:
        code: what happened; its sentences stand in the catalogues.
        money: what became of it.
        paper: what became of it.
        reference: a number that an office can look up, empty where there is nothing to look up.
        card_on_reader: the card still lies there; there is no way on until it is taken.
    """

    code: Code
    money: Money
    paper: Paper
    reference: str = ""
    card_on_reader: bool = False

    @property
    def state(self) -> State:
        """Waiting for the card, or for the resident to go."""
        return State.REFUSED_TAKE_CARD if self.card_on_reader else State.REFUSED

    @property
    def sound(self) -> Sound | None:
        """The card's sound while it lies there."""
        return Sound.TAKE_CARD if self.card_on_reader else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """How one of several orders ended; `code` says why it was not printed, None where it was.

    `number` is the number of the certificate (発行番号), empty where it got none.
    """

    kind: CertificateKind
    fee: int
    number: str = ""
    code: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView(View):
    """What was printed is in the resident's hands: the receipt (領収), and whether anything more is wanted.

    Attributes:
        fee: yen that were taken for it.
        lines: each order that was paid together, with its number and an outcome of its own.
        back: what became of the money of those that were not printed.
        may_go_on: the visit has an order left.
    """

    STATE = State.END

    fee: int
    lines: tuple[OrderLine, ...] = ()
    back: Money = Money(fate=MoneyFate.NONE_TAKEN)
    may_go_on: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything was printed."""
        return all(line.code is None for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLeftView(View):
    """Everything is wiped, and a card lies on the reader."""

    SOUND = Sound.TAKE_CARD
    STATE = State.CARD_LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinsLeftView(View):
    """Everything is wiped, and coins lie in the dish."""

    SOUND = Sound.TAKE_COINS
    STATE = State.COINS_LEFT


_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Variation selectors (Unicode 15.0, blocks FE00 and E0100): they belong to the character before them."""


def masked(name: str) -> str:
    """Return `name` with each part's first character and one ＊ for all that follow it, whatever their number.

    A variant character keeps its selector, so that the mask shows the resident's own form of it.
    """
    return "　".join(_masked_part(part) for part in name.split())


def _masked_part(part: str) -> str:
    end = 1
    while end < len(part) and any(ord(part[end]) in block for block in _SELECTORS):
        end += 1
    return part[:end] + ("＊" if end < len(part) else "")

"""The flow of a visit (利用) as one table: (state, event) -> state.

Owns: which screen follows which. Pure: what happened is handed in as an `Event`, and nothing is done here.

Invariants, each walked by a property test:

* `State.START` is entered from `State.WIPING` alone, so nothing of a visit outlives it;
* from every state there is a way to `State.START` that needs no tap on the screen: idleness or a device ends each
  state; a card, paper or coins that lie there keep their screen until somebody takes them or the sensor is lost;
* no screen after `State.TAKE_CARD` can be reached while the card lies on the reader;
* once money is in escrow, every way out passes `State.RETURNING`, `State.RETURNING_TO_LOOK`, `State.TAKE_PAPER`
  or an in-doubt outcome that a person settles;
* nothing can be cancelled from the moment the order is sent.

An event that a state does not know is late (a coin after the cancel, a card taken twice) and changes nothing:
`follow` answers None. What lies over a state is none itself: the idle warning, the language, how the screen looks and
is heard, and the panel that changes these.

Limits: which of the questions come, and in which order, depends on the menu (`konbini.kiosk.session.draft`); how
long a state may last is `patience`, in seconds that the caller counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from types import MappingProxyType

__all__ = ["FIRST", "TABLE", "Event", "Patience", "State", "Step", "follow", "knows", "patience", "step"]


@unique
class State(Enum):
    """Where a visit stands; the values name the screens."""

    OUT_OF_SERVICE = "out of service"
    """A device is missing: said before a card is asked for."""
    CLOSED = "closed"
    """No ward can be asked now (hours, maintenance, stopped): said before a card is asked for."""
    START = "start"
    NOTICE = "notice"
    """What the kiosk will do with card and answers, and whether that is agreed to (利用規約への同意)."""
    WARD = "ward"
    """Which municipality (市区町村): the ones on offer here, or a way to search for another."""
    PREFECTURE = "prefecture"
    """Which prefecture (都道府県), to find a municipality by its name."""
    TOWN = "town"
    """Which municipality of the prefecture."""
    POSTCODE = "postcode"
    """The postcode (郵便番号) of where one lives."""
    FOUND = "found"
    """Which of the municipalities that have this postcode."""
    NOT_OFFERED = "not offered"
    """What was looked for cannot be had here yet: a municipality that takes no part, a domicile elsewhere (本籍地)."""
    WARD_CLOSED = "ward closed"
    """The ward that was chosen cannot be asked now: said before a card is asked for."""
    CARD = "card"
    IDENTIFYING = "identifying"
    """The kiosk finds out what lies on the reader, and how many tries its PIN has left."""
    PIN = "pin"
    CHECKING_PIN = "checking pin"
    """The card checks the PIN and signs: it must not be moved."""
    ASKING = "asking"
    """The ward is asked; the card has done its work and still lies there."""
    ASKING_CARD_BACK = "asking, card back"
    TAKE_CARD = "take card"
    KIND = "kind"
    SCOPE = "scope"
    MEMBERS = "members"
    OPTIONS = "options"
    CHECK = "check"
    ASKING_OWN_LIST = "asking for the card's list"
    """The ward is asked what was issued on this card; the questions wait, with their answers."""
    OWN_LIST = "the card's list"
    """What was issued on this card in the last year, at every kiosk."""
    NO_OWN_LIST = "no list"
    """The ward did not give it, and the visit goes on."""
    LOOK_AGAIN = "look again"
    """The menu ran out or the ward's record or fee changed: nothing is kept, the ward is asked anew."""
    PAY = "pay"
    PREPARING = "preparing"
    """The money is in escrow and the order is sent."""
    PRINTING = "printing"
    RETURNING = "returning"
    """Money goes back, and the visit ends after it."""
    RETURNING_TO_LOOK = "returning to look again"
    TAKE_PAPER = "take paper"
    PAPER_LEFT = "paper left"
    """Nobody took the paper: the visit is over, the shop is told, and the screen stays until the paper is gone."""
    REFUSED_TAKE_CARD = "refused, take card"
    """The visit is over and the card still lies there."""
    REFUSED = "refused"
    """The visit is over without a certificate: what happened to money and paper is on the screen."""
    END = "end"
    WIPING = "wiping"
    CARD_LEFT = "card left"
    """Everything is wiped but a card was found on the reader."""
    COINS_LEFT = "coins left"
    """Everything is wiped but coins lie in the dish."""


@unique
class Event(Enum):
    """What can happen: the resident's acts, then the devices', the ward's and the clock's."""

    LANGUAGE_CHOSEN = "language chosen"
    AGREED = "agreed"
    TO_PREFECTURES = "by prefecture"
    TO_POSTCODE = "by postcode"
    PREFECTURE_CHOSEN = "prefecture chosen"
    ROW_CHOSEN = "row chosen"
    """Another part of a list of places that is longer than a screen."""
    POSTCODE_KNOWN = "postcode known"
    POSTCODE_UNKNOWN = "postcode unknown"
    NOT_OFFERED = "not offered here"
    WARD_CHOSEN = "ward chosen"
    CLOSED_WARD_CHOSEN = "closed ward chosen"
    PIN_ENTERED = "PIN entered"
    TO_KIND = "to the kind"
    TO_SCOPE = "to the scope"
    TO_MEMBERS = "to the members"
    TO_OPTIONS = "to the options"
    TO_CHECK = "to the check"
    TO_OWN_LIST = "to the card's list"
    ADDED = "added to what is paid together"
    MORE = "anything more"
    CONFIRMED = "confirmed"
    CONFIRMED_FREE = "confirmed, no fee"
    LOOK = "look again"
    BACK = "back"
    CANCEL = "cancel"
    FINISH = "finish"

    CARD_PLACED = "card placed"
    CARD_RECOGNISED = "card recognised"
    CARD_NEEDS_NO_PIN = "card needs no PIN"
    """A telephone that asks its owner itself (by face or finger)."""
    CARD_SIGNED = "card signed"
    CARD_TAKEN = "card taken"
    CARD_FOUND = "card found"
    COINS_FOUND = "coins found"
    COINS_TAKEN = "coins taken"
    PIN_REJECTED = "PIN rejected"
    MENU = "menu received"
    MENU_EXPIRED = "menu ran out"
    OWN_LIST = "list received"
    NO_OWN_LIST = "list refused"
    CHANGED = "changed, look again"
    COIN = "coin"
    PAID = "paid in full"
    DOCUMENT = "document verified"
    PAGE_PRINTED = "page printed"
    PRINTED = "all pages printed"
    PRINTED_NEXT = "printed, the next follows"
    PRINT_FAILED = "print failed"
    IN_DOUBT = "print in doubt"
    IN_DOUBT_PAPER_DUE = "print in doubt, paper lies there"
    """Certificates that were printed before it are to be taken."""
    PAPER_TAKEN = "paper taken"
    MONEY_RETURNED = "money returned"
    MONEY_OWED = "money owed"
    PAPER_DUE = "money settled, paper lies there"
    """Certificates that were printed before the one that failed are to be taken."""
    REFUSED = "refused"
    DEVICE_LOST = "device lost"
    WARD_CLOSED = "ward closed"
    RESTORED = "restored"
    IDLE = "idle"
    """The resident's patience ran out, warning included."""
    WIPED = "wiped"


S, E = State, Event
_QUESTIONS = (S.KIND, S.SCOPE, S.MEMBERS, S.OPTIONS, S.CHECK)

_ROWS: Mapping[State, Mapping[Event, State]] = {
    S.START: {E.LANGUAGE_CHOSEN: S.NOTICE, E.DEVICE_LOST: S.OUT_OF_SERVICE, E.WARD_CLOSED: S.CLOSED},
    S.OUT_OF_SERVICE: {E.RESTORED: S.WIPING},
    S.CLOSED: {E.RESTORED: S.WIPING, E.DEVICE_LOST: S.OUT_OF_SERVICE},
    S.NOTICE: {E.AGREED: S.WARD},
    S.WARD: {
        E.WARD_CHOSEN: S.CARD,
        E.CLOSED_WARD_CHOSEN: S.WARD_CLOSED,
        E.TO_PREFECTURES: S.PREFECTURE,
        E.TO_POSTCODE: S.POSTCODE,
        E.NOT_OFFERED: S.NOT_OFFERED,
        E.BACK: S.NOTICE,
    },
    S.PREFECTURE: {E.ROW_CHOSEN: S.PREFECTURE, E.PREFECTURE_CHOSEN: S.TOWN, E.BACK: S.WARD},
    S.TOWN: {
        E.ROW_CHOSEN: S.TOWN,
        E.WARD_CHOSEN: S.CARD,
        E.CLOSED_WARD_CHOSEN: S.WARD_CLOSED,
        E.NOT_OFFERED: S.NOT_OFFERED,
        E.BACK: S.PREFECTURE,
    },
    S.POSTCODE: {E.POSTCODE_KNOWN: S.FOUND, E.POSTCODE_UNKNOWN: S.POSTCODE, E.BACK: S.WARD},
    S.FOUND: {
        E.WARD_CHOSEN: S.CARD,
        E.CLOSED_WARD_CHOSEN: S.WARD_CLOSED,
        E.NOT_OFFERED: S.NOT_OFFERED,
        E.BACK: S.POSTCODE,
    },
    S.NOT_OFFERED: {E.BACK: S.WARD},
    S.WARD_CLOSED: {E.BACK: S.WARD},
    S.CARD: {E.CARD_PLACED: S.IDENTIFYING, E.WARD_CLOSED: S.WARD_CLOSED, E.BACK: S.WARD},
    S.IDENTIFYING: {
        E.CARD_RECOGNISED: S.PIN,
        E.CARD_NEEDS_NO_PIN: S.CHECKING_PIN,
        E.REFUSED: S.REFUSED_TAKE_CARD,
        E.CARD_TAKEN: S.CARD,
    },
    S.PIN: {
        E.PIN_ENTERED: S.CHECKING_PIN,
        E.CARD_TAKEN: S.CARD,
        E.REFUSED: S.REFUSED_TAKE_CARD,
        E.CANCEL: S.REFUSED_TAKE_CARD,
        E.IDLE: S.REFUSED_TAKE_CARD,
    },
    S.CHECKING_PIN: {
        E.PIN_REJECTED: S.PIN,
        E.CARD_SIGNED: S.ASKING,
        E.REFUSED: S.REFUSED_TAKE_CARD,
        E.CARD_TAKEN: S.REFUSED,
    },
    S.ASKING: {
        E.MENU: S.TAKE_CARD,
        E.CARD_TAKEN: S.ASKING_CARD_BACK,
        E.REFUSED: S.REFUSED_TAKE_CARD,
        E.CANCEL: S.REFUSED_TAKE_CARD,
    },
    S.ASKING_CARD_BACK: {E.MENU: S.KIND, E.REFUSED: S.REFUSED, E.CANCEL: S.REFUSED},
    S.TAKE_CARD: {
        E.CARD_TAKEN: S.KIND,
        E.REFUSED: S.REFUSED_TAKE_CARD,
        E.CANCEL: S.REFUSED_TAKE_CARD,
        E.IDLE: S.REFUSED_TAKE_CARD,
        E.DEVICE_LOST: S.REFUSED,
    },
    S.KIND: {
        E.TO_SCOPE: S.SCOPE,
        E.TO_OPTIONS: S.OPTIONS,
        E.TO_CHECK: S.CHECK,
        E.TO_OWN_LIST: S.ASKING_OWN_LIST,
    },
    S.ASKING_OWN_LIST: {E.OWN_LIST: S.OWN_LIST, E.NO_OWN_LIST: S.NO_OWN_LIST, E.CANCEL: S.REFUSED},
    # A menu that runs out here is said behind it: nobody is torn away from what they read.
    S.OWN_LIST: {E.BACK: S.KIND, E.CANCEL: S.REFUSED, E.IDLE: S.WIPING},
    S.NO_OWN_LIST: {E.BACK: S.KIND, E.CANCEL: S.REFUSED, E.IDLE: S.WIPING},
    S.SCOPE: {E.TO_MEMBERS: S.MEMBERS, E.TO_OPTIONS: S.OPTIONS, E.TO_CHECK: S.CHECK, E.TO_KIND: S.KIND},
    S.MEMBERS: {E.TO_OPTIONS: S.OPTIONS, E.TO_CHECK: S.CHECK, E.TO_SCOPE: S.SCOPE},
    S.OPTIONS: {E.TO_CHECK: S.CHECK, E.TO_MEMBERS: S.MEMBERS, E.TO_SCOPE: S.SCOPE, E.TO_KIND: S.KIND},
    S.CHECK: {
        E.CONFIRMED: S.PAY,
        E.CONFIRMED_FREE: S.PREPARING,
        E.ADDED: S.KIND,
        E.TO_KIND: S.KIND,
        E.TO_SCOPE: S.SCOPE,
        E.TO_MEMBERS: S.MEMBERS,
        E.TO_OPTIONS: S.OPTIONS,
    },
    S.LOOK_AGAIN: {E.LOOK: S.ASKING_CARD_BACK, E.REFUSED: S.REFUSED, E.CANCEL: S.REFUSED, E.IDLE: S.WIPING},
    S.PAY: {
        E.COIN: S.PAY,
        E.PAID: S.PREPARING,
        E.MENU_EXPIRED: S.RETURNING_TO_LOOK,
        E.CANCEL: S.RETURNING,
        E.IDLE: S.RETURNING,
        E.REFUSED: S.RETURNING,
    },
    S.PREPARING: {E.DOCUMENT: S.PRINTING, E.CHANGED: S.RETURNING_TO_LOOK, E.REFUSED: S.RETURNING},
    S.PRINTING: {
        E.PAGE_PRINTED: S.PRINTING,
        E.PRINTED: S.TAKE_PAPER,
        E.PRINTED_NEXT: S.PREPARING,
        E.PRINT_FAILED: S.RETURNING,
        E.IN_DOUBT: S.REFUSED,
        E.IN_DOUBT_PAPER_DUE: S.TAKE_PAPER,
    },
    S.RETURNING: {E.MONEY_RETURNED: S.REFUSED, E.MONEY_OWED: S.REFUSED, E.PAPER_DUE: S.TAKE_PAPER},
    S.RETURNING_TO_LOOK: {E.MONEY_RETURNED: S.LOOK_AGAIN, E.MONEY_OWED: S.REFUSED},
    S.TAKE_PAPER: {E.PAPER_TAKEN: S.END, E.IDLE: S.PAPER_LEFT, E.DEVICE_LOST: S.END},
    S.PAPER_LEFT: {E.PAPER_TAKEN: S.WIPING, E.DEVICE_LOST: S.WIPING},
    # Nobody answers any more: the card that lies there is a card left, of which the shop is told.
    S.REFUSED_TAKE_CARD: {E.CARD_TAKEN: S.REFUSED, E.DEVICE_LOST: S.REFUSED, E.IDLE: S.CARD_LEFT},
    S.REFUSED: {E.FINISH: S.WIPING, E.IDLE: S.WIPING},
    S.END: {E.MORE: S.ASKING_CARD_BACK, E.FINISH: S.WIPING, E.IDLE: S.WIPING},
    S.WIPING: {E.WIPED: S.START, E.CARD_FOUND: S.CARD_LEFT, E.COINS_FOUND: S.COINS_LEFT},
    S.CARD_LEFT: {E.CARD_TAKEN: S.WIPING, E.DEVICE_LOST: S.WIPING},
    S.COINS_LEFT: {E.COINS_TAKEN: S.WIPING},
}
_BEFORE_CARD = (
    S.NOTICE,
    S.WARD,
    S.PREFECTURE,
    S.TOWN,
    S.POSTCODE,
    S.FOUND,
    S.NOT_OFFERED,
    S.WARD_CLOSED,
    S.CARD,
)
_ON_EVERY_SCREEN_BEFORE_CARD: Mapping[Event, State] = {
    E.DEVICE_LOST: S.OUT_OF_SERVICE,
    E.CANCEL: S.WIPING,
    E.IDLE: S.WIPING,
}
_ON_EVERY_QUESTION: Mapping[Event, State] = {
    E.MENU_EXPIRED: S.LOOK_AGAIN,
    E.REFUSED: S.REFUSED,
    E.CANCEL: S.REFUSED,
    E.IDLE: S.WIPING,
}


def _table() -> dict[tuple[State, Event], State]:
    rows = {(state, event): after for state, row in _ROWS.items() for event, after in row.items()}
    shared = ((_QUESTIONS, _ON_EVERY_QUESTION), (_BEFORE_CARD, _ON_EVERY_SCREEN_BEFORE_CARD))
    return rows | {(state, event): after for states, row in shared for state in states for event, after in row.items()}


TABLE: Mapping[tuple[State, Event], State] = MappingProxyType(_table())
FIRST = State.START
"""Where a fresh visit process stands: the one before it has wiped."""


def follow(state: State, event: Event) -> State | None:
    """Return the state after `event`, or None where the event comes too late to mean anything."""
    return TABLE.get((state, event))


def knows(state: State, event: Event) -> bool:
    """Whether `event` means something in `state`: a screen offers exactly these acts."""
    return (state, event) in TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a state waits for a person, in seconds.

    Attributes:
        quiet: seconds without an act until the warning, or until the end where there is no warning.
        warning: seconds that the warning counts down; at least 20 where it can cost the resident the visit
            (WCAG 2.2, 2.2.1 Timing Adjustable), 0 where the visit is over anyway.
    """

    quiet: int
    warning: int


_PATIENCE: Mapping[State, Patience] = {
    S.WARD_CLOSED: Patience(quiet=30, warning=0),
    S.NOT_OFFERED: Patience(quiet=60, warning=20),
    S.NOTICE: Patience(quiet=90, warning=20),
    **dict.fromkeys((S.WARD, S.PREFECTURE, S.TOWN, S.POSTCODE, S.FOUND), Patience(quiet=60, warning=20)),
    S.CARD: Patience(quiet=60, warning=20),
    S.PIN: Patience(quiet=60, warning=30),
    **dict.fromkeys((S.TAKE_CARD, S.REFUSED_TAKE_CARD), Patience(quiet=90, warning=0)),
    S.OWN_LIST: Patience(quiet=120, warning=30),
    S.NO_OWN_LIST: Patience(quiet=60, warning=30),
    S.LOOK_AGAIN: Patience(quiet=60, warning=30),
    S.PAY: Patience(quiet=90, warning=30),
    S.TAKE_PAPER: Patience(quiet=120, warning=0),
    S.REFUSED: Patience(quiet=60, warning=0),
    S.END: Patience(quiet=30, warning=0),
    **dict.fromkeys(_QUESTIONS, Patience(quiet=60, warning=30)),
}


def patience(state: State) -> Patience | None:
    """Return how long `state` waits for a person; None where it lasts until a device or a peer has answered."""
    return _PATIENCE.get(state)


@unique
class Step(Enum):
    """The named parts of a visit that the resident sees as progress."""

    PROVE = "prove"
    """Who you are: card and PIN."""
    CHOOSE = "choose"
    PAY = "pay"
    RECEIVE = "receive"


_STEPS: Mapping[State, Step] = {
    **dict.fromkeys(
        (
            *_BEFORE_CARD,
            S.IDENTIFYING,
            S.PIN,
            S.CHECKING_PIN,
            S.ASKING,
            S.ASKING_CARD_BACK,
            S.TAKE_CARD,
        ),
        Step.PROVE,
    ),
    **dict.fromkeys(
        (
            *(S.KIND, S.SCOPE, S.MEMBERS, S.OPTIONS, S.LOOK_AGAIN),
            *(S.ASKING_OWN_LIST, S.OWN_LIST, S.NO_OWN_LIST),
        ),
        Step.CHOOSE,
    ),
    **dict.fromkeys((S.CHECK, S.PAY), Step.PAY),
    **dict.fromkeys((S.PREPARING, S.PRINTING, S.TAKE_PAPER, S.PAPER_LEFT, S.END), Step.RECEIVE),
}


def step(state: State) -> Step | None:
    """Return the part of the visit that `state` belongs to; None outside of one."""
    return _STEPS.get(state)

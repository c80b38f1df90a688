"""The course of one visit: what it holds, and the screen that its state shows. No clock, no I/O.

Owns what a screen shows and what more than one part of the work needs: every name of a resident among it, so that
letting go of the names is one method. What one part alone needs (the card, the PIN, the steps of an order) is that
part's own, which wipes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from konbini.kiosk.channel.messages import Devices, WardOnOffer
from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.audio import Audio
from konbini.kiosk.session.choice_views import LookAgainView, PricedKind
from konbini.kiosk.session.draft import Beside, Draft, KindOffer, MemberOffer, Offer, question
from konbini.kiosk.session.entry_views import (
    CardLeftView,
    CardView,
    CoinsLeftView,
    KindTimes,
    NoticeView,
    OutOfServiceView,
    PinView,
    StartView,
    TakeCardView,
    WorkingView,
)
from konbini.kiosk.session.fates import Money, MoneyFate, OrderLine, Paper, PaperFate
from konbini.kiosk.session.flow import State
from konbini.kiosk.session.list_views import LINES_A_PAGE, NoOwnListView, OwnLine, OwnListView
from konbini.kiosk.session.look import Language, Look, Panel
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, PrintingView, ReturningView, TakePaperView
from konbini.kiosk.session.place_views import ClosedView, WardChoice, WardName, WardView
from konbini.kiosk.session.search import Places, Search, search_view
from konbini.kiosk.session.view import IdleWarning, View
from konbini.kiosk.visit.ward import GivenMenu, WardVisit, Wish
from konbini.protocol.errors import Code
from konbini.protocol.kinds import MOST_ORDERS, Options
from konbini.protocol.own_list import OwnIssuance, OwnList
from konbini.protocol.visits import Document

__all__ = ["Course"]

_SEARCH = frozenset((State.PREFECTURE, State.TOWN, State.POSTCODE, State.FOUND, State.NOT_OFFERED))
_QUESTIONS = frozenset((State.KIND, State.SCOPE, State.MEMBERS, State.OPTIONS, State.CHECK))
_MILLISECONDS = 1000
_NEAR = 4
"""As many municipalities stand on the first screen; whoever lives elsewhere searches."""


@dataclass(slots=True, kw_only=True)
class Course:
    """How a visit stands."""

    devices: Devices
    wards: tuple[WardOnOffer, ...]
    places: Places
    means: Means = Means.COINS
    state: State = State.START
    language: Language = Language.JAPANESE
    look: Look = field(default_factory=Look)
    audio: Audio = field(default_factory=Audio)
    panel: Panel | None = None
    idle: IdleWarning | None = None
    search: Search = field(default_factory=Search)
    names_shown: bool = False

    chosen: WardOnOffer | None = None
    pin_digits: int = 0
    tries_left: int = 0
    pin_was_wrong: bool = False
    ward: WardVisit | None = None
    given: GivenMenu | None = None
    draft: Draft = field(default_factory=Draft)
    basket: tuple[Wish, ...] = ()
    """What will be paid together with the draft."""
    own_list: OwnList | None = None
    """What was issued on the card, as the ward told it last."""
    list_page: int = 1
    ordinal: int = 1
    """Of the next order of this visit."""
    wanted: tuple[Wish, ...] = ()
    """What is ordered together now, and paid in one sum; as many as there are `lines` have ended."""
    inserted: int = 0
    """Yen in escrow for the orders under way."""
    lines: tuple[OrderLine, ...] = ()
    """How those that were ordered together ended."""
    pages_out: int = 0
    """Pages of theirs that came out, and are to be taken."""
    document: Document | None = None
    """Verified, and to be printed."""
    page: int = 1
    paper_seen: bool = False

    code: Code = Code.INTERNAL
    money: Money = field(default_factory=lambda: Money(fate=MoneyFate.NONE_TAKEN))
    paper: Paper = field(default_factory=lambda: Paper(fate=PaperFate.NONE))
    reference: str = ""

    def wipe(self) -> None:
        """Let go of everything that belongs to the resident; the process ends soon after."""
        fresh = Course(
            devices=self.devices,
            wards=self.wards,
            places=self.places,
            means=self.means,
            state=self.state,
            # Whoever listened and left a card or coins is told so; rate and volume begin anew.
            audio=Audio(is_on=self.audio.is_on),
        )
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    @property
    def offer(self) -> Offer | None:
        """What the MENU offers, None before it came."""
        return None if self.given is None else _offer(self.given)

    def ward_chosen(self) -> str:
        """Give the code of the ward that was chosen.

        Raises:
            ValueError: none was.
        """
        if self.chosen is None:
            raise ValueError("no ward was chosen")
        return self.chosen.ward

    def at_ward(self) -> WardVisit:
        """Give the visit as its ward knows it.

        Raises:
            ValueError: no card has signed for one.
        """
        if self.ward is None:
            raise ValueError("no card has signed")
        return self.ward

    def menu(self) -> GivenMenu:
        """Give the menu that is chosen from.

        Raises:
            ValueError: none came yet.
        """
        if self.given is None:
            raise ValueError("no menu came yet")
        return self.given

    def wishes(self) -> tuple[Wish, ...]:
        """Give all that will be paid together: what was added before, and the draft with its copies.

        Raises:
            ValueError: the answers are not complete.
        """
        return (*self.basket, *(self._wish(),) * self.draft.copies)

    def add(self) -> None:
        """Keep the draft to be paid together with another one.

        Raises:
            ValueError: the answers are not complete.
        """
        self.basket, self.draft = self.wishes(), Draft()

    def renew(self, given: GivenMenu) -> None:
        """Take a menu; what was chosen from another one is gone."""
        self.given, self.draft, self.basket = given, Draft(), ()

    def list_given(self, listed: OwnList) -> None:
        """Take what was issued on the card, to be read from its first page."""
        self.own_list, self.list_page = listed, 1

    def confirm(self) -> None:
        """Begin the orders of everything that was chosen.

        Raises:
            ValueError: the answers are not complete.
        """
        self.wanted, self.basket = self.wishes(), ()
        self.lines, self.pages_out, self.inserted, self.reference = (), 0, 0, ""
        self.paper_seen = False
        self.money, self.paper = Money(fate=MoneyFate.NONE_TAKEN), Paper(fate=PaperFate.NONE)

    @property
    def due(self) -> int:
        """Yen that are asked for together."""
        return sum(wish.fee for wish in self.wanted)

    @property
    def orders_left(self) -> int:
        """How many orders this visit has left."""
        return MOST_ORDERS - self.ordinal + 1

    def _wish(self) -> Wish:
        """Give what the resident asked for.

        Raises:
            ValueError: the answers are not complete.
        """
        offer = self.offer
        if offer is None or self.draft.kind is None or self.draft.scope is None:
            raise ValueError("an order needs a menu, a kind and a scope")
        return Wish(
            kind=self.draft.kind,
            scope=self.draft.scope,
            options=self.draft.options,
            handles=self.draft.handles,
            fee=offer.of(self.draft.kind).fee,
        )

    def view(self) -> View:
        """Give the screen of the present state."""
        shown = replace(self._view(), means=self.means)
        return replace(shown, idle=self.idle, look=self.look, audio=self.audio, panel=self.panel)

    def _view(self) -> View:  # noqa: C901, PLR0911, PLR0912 - a table of the screens, one line each
        language = self.language
        match self.state:
            case State.START:
                return StartView(language=language)
            case State.NOTICE:
                return NoticeView(language=language)
            case State.OUT_OF_SERVICE:
                return OutOfServiceView(language=language, code=Code(self.devices.fault or Code.READER_UNAVAILABLE))
            case State.CLOSED:
                return ClosedView(language=language, code=self._closed_code(), reopens=self._reopens())
            case State.WARD:
                return WardView(language=language, wards=tuple(_choice(ward) for ward in self.wards[:_NEAR]))
            case _ if self.state in _SEARCH:
                return search_view(self.state, self.search, self.places, language)
            case State.WARD_CLOSED if self.chosen is not None:
                return ClosedView(
                    language=language,
                    code=Code(self.chosen.code or Code.WARD_CLOSED),
                    ward=_name(self.chosen),
                    reopens=_milliseconds(self.chosen.reopens),
                )
            case State.CARD if self.chosen is not None:
                return CardView(
                    language=language,
                    ward=_name(self.chosen),
                    kinds=_kinds(self.chosen),
                    maintenance=_milliseconds(self.chosen.maintenance),
                )
            case State.PIN:
                return PinView(
                    language=language,
                    tries_left=self.tries_left,
                    was_wrong=self.pin_was_wrong,
                    digits=self.pin_digits,
                )
            case State.TAKE_CARD:
                return TakeCardView(language=language)
            case State.OWN_LIST if self.own_list is not None:
                return _own_list(self.own_list, self.list_page, self.at_ward().kiosk, language)
            case State.NO_OWN_LIST:
                return NoOwnListView(language=language, code=self.code)
            case State.LOOK_AGAIN:
                return LookAgainView(language=language, code=self.code, money=self.money)
            case State.PAY:
                return PayView(language=language, fee=self.due, inserted=self.inserted)
            case State.PRINTING if self.document is not None:
                return PrintingView(
                    language=language,
                    page=self.page,
                    pages=self.document.pages,
                    order=len(self.lines) + 1,
                    orders=len(self.wanted),
                )
            case State.RETURNING | State.RETURNING_TO_LOOK:
                again = self.state is State.RETURNING_TO_LOOK
                return ReturningView(language=language, amount=self.inserted, again=again)
            case State.TAKE_PAPER | State.PAPER_LEFT:
                return TakePaperView(language=language, pages=self.pages_out, left=self.state is State.PAPER_LEFT)
            case State.REFUSED | State.REFUSED_TAKE_CARD:
                return OutcomeView(
                    language=language,
                    code=self.code,
                    money=self.money,
                    paper=self.paper,
                    reference=self.reference,
                    card_on_reader=self.state is State.REFUSED_TAKE_CARD,
                )
            case State.END:
                return EndView(
                    language=language,
                    fee=sum(line.fee for line in self.lines if line.code is None),
                    lines=self.lines,
                    back=self.money,
                    may_go_on=self.orders_left > 0,
                    receipt_code="" if self.ward is None else str(self.ward.receipt_code),
                )
            case State.CARD_LEFT:
                return CardLeftView(language=language)
            case State.COINS_LEFT:
                return CoinsLeftView(language=language)
            case _ if self.state in _QUESTIONS and self.given is not None:
                offer = _offer(self.given)
                return question(
                    self.state, offer, self.draft, language, names_shown=self.names_shown, beside=self._beside()
                )
            case _:
                return WorkingView(language=language, work=self.state)

    def _beside(self) -> Beside:
        return Beside(
            others=tuple(PricedKind(kind=wish.kind, fee=wish.fee) for wish in self.basket),
            most_copies=self.orders_left - len(self.basket),
            may_list=self.ward is not None and self.ward.lists_left > 0,
        )

    def _closed_code(self) -> Code:
        codes = {ward.code for ward in self.wards}
        return Code(codes.pop()) if len(codes) == 1 else Code.WARD_CLOSED

    def _reopens(self) -> int | None:
        moments = [ward.reopens for ward in self.wards if ward.reopens is not None]
        return _milliseconds(min(moments)) if moments else None


def _offer(given: GivenMenu) -> Offer:
    """Give what a MENU offers, as the screens need it; the first of its members holds the card."""
    menu = given.menu
    return Offer(
        kinds=tuple(
            KindOffer(kind=offer.kind, fee=offer.fee, scopes=offer.scopes, options=Options(offer.options))
            for offer in menu.offers
        ),
        members=tuple(
            MemberOffer(handle=member.handle, name=member.name, is_holder=index == 0, reading=member.reading)
            for index, member in enumerate(menu.members)
        ),
    )


def _own_list(listed: OwnList, page: int, kiosk: str, language: Language) -> OwnListView:
    """Give one page of the card's own list."""
    first = (page - 1) * LINES_A_PAGE
    return OwnListView(
        language=language,
        since=listed.since * _MILLISECONDS,
        lines=tuple(_own_line(one, kiosk) for one in listed.entries[first : first + LINES_A_PAGE]),
        page=page,
        pages=max(1, -(-len(listed.entries) // LINES_A_PAGE)),
        older=listed.older,
    )


def _own_line(one: OwnIssuance, kiosk: str) -> OwnLine:
    return OwnLine(
        number=one.number,
        kind=one.kind,
        issued=one.issued * _MILLISECONDS,
        kiosk=one.kiosk,
        operator=one.operator,
        is_here=one.kiosk == kiosk,
        fate=one.fate,
    )


def _name(ward: WardOnOffer) -> WardName:
    return WardName(written=ward.name, latin=ward.name_english)


def _choice(ward: WardOnOffer) -> WardChoice:
    hours = f"{_clock(ward.opens)}-{_clock(ward.closes)}"
    return WardChoice(code=ward.ward, name=_name(ward), hours=hours, is_open=not ward.code)


def _kinds(ward: WardOnOffer) -> tuple[KindTimes, ...]:
    return tuple(
        KindTimes(kind=one.kind, hours=f"{_clock(one.opens)}-{_clock(one.closes)}" if one.opens < one.closes else "")
        for one in ward.kinds
    )


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def _milliseconds(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * _MILLISECONDS

"""A specimen (見本) of every screen, filled with made-up values: for the layout tests and for pictures of the screens.

Invariant, held by a test: every state of the flow and every view has one. The names are nobody's; two of them have
characters that BIZ UDPGothic lacks, one is as long as names get.
"""

from __future__ import annotations

from dataclasses import replace

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.audio import Audio
from konbini.kiosk.session.choice_views import (
    CheckView,
    KindView,
    LookAgainView,
    MemberChoice,
    MembersView,
    OptionsView,
    PricedKind,
    ScopeView,
)
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
from konbini.kiosk.session.list_views import NoOwnListView, OwnLine, OwnListView
from konbini.kiosk.session.look import Panel
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, PrintingView, ReturningView, TakePaperView
from konbini.kiosk.session.place_views import (
    ClosedView,
    FoundView,
    NotOfferedView,
    PlaceName,
    PostcodeView,
    PrefectureView,
    TownView,
    Wanted,
    WardChoice,
    WardName,
    WardView,
)
from konbini.kiosk.session.view import IdleWarning, View
from konbini.protocol.errors import Code
from konbini.protocol.kinds import CertificateKind, IssuanceFate, Options, Scope

__all__ = ["CHECK", "MEMBERS", "OVERLAID", "SPECIMENS"]

_OPTIONS = ~Options(0)
_QUESTIONS = (State.KIND, State.SCOPE, State.MEMBERS, State.OPTIONS)
MEMBERS = MembersView(
    members=(
        MemberChoice(handle=b"\x01" * 8, name="見本　花子", chosen=False),
        MemberChoice(handle=b"\x02" * 8, name="𠮷見　葛\U000e0102", chosen=True),
        MemberChoice(handle=b"\x03" * 8, name="MIHON SPECIMEN OF ONE LONG NAME IN LATIN LETTERS ALL", chosen=False),
    )
)
CHECK = CheckView(
    questions=_QUESTIONS,
    kind=CertificateKind.RESIDENT_RECORD,
    scope=Scope.PART,
    people=("見＊　花＊",),
    names_shown=False,
    offered=_OPTIONS,
    shown=Options.DOMICILE,
    fee=300,
)
_NOTHING_TAKEN = Money(fate=MoneyFate.NONE_TAKEN)
_WARD = WardName(written="見本区", latin="Mihon City")
_TOWNS = tuple(
    PlaceName(code=f"99{index:04}", name=WardName(written=f"見本{kind}", latin=f"Mihon{latin}"))
    for index, (kind, latin) in enumerate((("市", "-shi"), ("町", "-cho"), ("村", "-mura")), 1)
)
_RECORD, _ITEMS, _SEAL = CertificateKind
_OWN_LINES = tuple(
    OwnLine(
        number=f"990001-{day}-300004{row}7-{row}",
        kind=kind,
        issued=issued,
        kiosk=kiosk,
        operator=operator,
        is_here=kiosk == "K-0001",
        fate=fate,
    )
    for row, (day, issued, kind, kiosk, operator, fate) in enumerate(
        (
            ("251101", 1_761_967_560_000, _RECORD, "K-0001", "Mihon Stores", IssuanceFate.PRINTED),
            ("251101", 1_761_967_260_000, _RECORD, "K-0001", "Mihon Stores", IssuanceFate.VOID),
            ("250824", 1_756_000_000_000, _ITEMS, "K-0482", "見本マート株式会社", IssuanceFate.IN_DOUBT),
            ("250615", 1_749_960_000_000, _SEAL, "K-0017", "", IssuanceFate.WITHDRAWN),
        )
    )
)
_OWN_LIST = OwnListView(since=1_730_386_800_000, lines=_OWN_LINES, page=1, pages=5, older=3)
SPECIMENS: tuple[View, ...] = (
    StartView(),
    StartView(means=Means.CASHLESS),
    NoticeView(),
    PrefectureView(
        regions=("hokkaido", "tohoku", "kanto", "chubu", "kinki", "chugoku", "shikoku", "kyushu"),
        region="chubu",
        prefectures=tuple(
            PlaceName(code=f"{code:02}", name=WardName(written="見本山県", latin="Mihonyama")) for code in range(15, 24)
        ),
    ),
    TownView(
        prefecture=WardName(written="見本山県", latin="Mihonyama"),
        rows=("あ", "か", "さ", "た", "な", "は", "ま", "や", "ら", "わ"),
        row="ま",
        towns=_TOWNS * 4,
    ),
    PostcodeView(),
    PostcodeView(was_unknown=True),
    FoundView(postcode="9990001", towns=_TOWNS[:2]),
    NotOfferedView(wanted=Wanted.TOWN, town=_TOWNS[0].name),
    NotOfferedView(wanted=Wanted.DOMICILE),
    CoinsLeftView(),
    OutOfServiceView(code=Code.PAPER_OUT),
    ClosedView(code=Code.WARD_CLOSED, reopens=1_700_000_000_000),
    ClosedView(code=Code.WARD_STOPPED, ward=_WARD),
    WardView(wards=(WardChoice(code="990001", name=_WARD, hours="6:30-23:00", is_open=True),)),
    CardView(ward=_WARD),
    PinView(tries_left=3),
    PinView(tries_left=2, was_wrong=True),
    PinView(tries_left=1),
    WorkingView(work=State.IDENTIFYING),
    WorkingView(work=State.CHECKING_PIN),
    WorkingView(work=State.ASKING),
    WorkingView(work=State.ASKING_CARD_BACK),
    WorkingView(work=State.PREPARING),
    WorkingView(work=State.WIPING),
    TakeCardView(),
    KindView(kinds=tuple(PricedKind(kind=kind, fee=300) for kind in CertificateKind), may_list=True),
    WorkingView(work=State.ASKING_OWN_LIST),
    _OWN_LIST,
    replace(_OWN_LIST, page=5),
    replace(_OWN_LIST, lines=(), pages=1, older=0),
    NoOwnListView(code=Code.WARD_UNREACHABLE),
    ScopeView(scopes=tuple(Scope), chosen=Scope.PART),
    MEMBERS,
    OptionsView(offered=_OPTIONS, chosen=Options.DOMICILE),
    CHECK,
    CheckView(
        questions=(State.KIND,),
        kind=CertificateKind.SEAL_REGISTRATION,
        scope=Scope.SELF,
        people=("見＊　花＊",),
        names_shown=False,
        offered=Options(0),
        shown=Options(0),
        fee=300,
    ),
    replace(
        CHECK,
        copies=2,
        most_copies=4,
        others=(PricedKind(kind=CertificateKind.SEAL_REGISTRATION, fee=300),),
    ),
    LookAgainView(code=Code.MENU_EXPIRED, money=_NOTHING_TAKEN),
    PayView(fee=300, inserted=100),
    PayView(fee=300, inserted=0, means=Means.CASHLESS),
    PrintingView(page=1, pages=2),
    PrintingView(page=2, pages=2, order=2, orders=5),
    TakePaperView(pages=2),
    TakePaperView(pages=2, left=True),
    ReturningView(amount=100),
    ReturningView(amount=100, again=True),
    ReturningView(amount=300, means=Means.CASHLESS),
    OutcomeView(code=Code.CANCELLED, money=_NOTHING_TAKEN, paper=Paper(fate=PaperFate.NONE)),
    OutcomeView(code=Code.PIN_LOCKED, money=_NOTHING_TAKEN, paper=Paper(fate=PaperFate.NONE), card_on_reader=True),
    OutcomeView(
        code=Code.JAM,
        money=Money(fate=MoneyFate.RETURNED, amount=300),
        paper=Paper(fate=PaperFate.SOME, out=1, due=2),
        reference="990001-2047-0031",
    ),
    OutcomeView(
        code=Code.PRINT_IN_DOUBT,
        money=Money(fate=MoneyFate.HELD, amount=300),
        paper=Paper(fate=PaperFate.UNCERTAIN),
        reference="990001-2047-0031",
    ),
    OutcomeView(
        code=Code.REFUND_OWED,
        money=Money(fate=MoneyFate.OWED, amount=300),
        paper=Paper(fate=PaperFate.NONE),
        reference="990001-2047-0031",
    ),
    *(
        OutcomeView(
            code=Code.CASH_SILENT,
            money=Money(fate=MoneyFate.UNKNOWN, amount=100),
            paper=Paper(fate=PaperFate.NONE),
            reference="1234567890-1",
            means=means,
        )
        for means in Means
    ),
    OutcomeView(
        code=Code.PAYMENT_DECLINED, money=_NOTHING_TAKEN, paper=Paper(fate=PaperFate.NONE), means=Means.CASHLESS
    ),
    OutcomeView(
        code=Code.JAM,
        money=Money(fate=MoneyFate.RETURNED, amount=300),
        paper=Paper(fate=PaperFate.SOME, out=1, due=2),
        reference="990001-2047-0031",
        means=Means.CASHLESS,
    ),
    EndView(
        fee=300,
        lines=(OrderLine(kind=CertificateKind.RESIDENT_RECORD, fee=300, number="990001-2047-0031"),),
        may_go_on=True,
        receipt_code="27182-81828-45904-52353-60287-47135",
    ),
    EndView(
        fee=300,
        lines=(
            OrderLine(kind=CertificateKind.RESIDENT_RECORD, fee=300, number="990001-2047-0031"),
            OrderLine(kind=CertificateKind.SEAL_REGISTRATION, fee=300, code=Code.JAM),
            OrderLine(kind=CertificateKind.SEAL_REGISTRATION, fee=300, code=Code.JAM),
        ),
        back=Money(fate=MoneyFate.RETURNED, amount=600),
        may_go_on=True,
        receipt_code="27182-81828-45904-52353-60287-47135",
    ),
    CardLeftView(),
    CardView(
        ward=_WARD,
        kinds=(
            KindTimes(kind=CertificateKind.RESIDENT_RECORD_ITEMS, hours="8:30-17:00"),
            KindTimes(kind=CertificateKind.SEAL_REGISTRATION, hours=""),
        ),
        maintenance=1_700_000_000_000,
    ),
)
"""One of every screen, and of every state."""
OVERLAID: tuple[View, ...] = (
    replace(CHECK, panel=Panel.LANGUAGES),
    replace(CHECK, panel=Panel.DISPLAY),
    replace(CHECK, panel=Panel.AUDIO, audio=Audio(is_on=True)),
    replace(CHECK, idle=IdleWarning(seconds=30)),
)
"""What lies over any screen, over one of them."""

"""MENU: what this household may take today, as far as the forms can draw it.

Pure but for the forms it asks, and for a line in the ward's own log where one of them cannot draw somebody: it names
the cell or the character's code points, which the operator needs, and nobody; the kiosk learns neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.paper_seal.fitting import check_fits
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind, Options, Scope
from konbini.protocol.numbers import MOST_COUNTER, IssuanceNumber
from konbini.protocol.visits import Member, Menu, Offer
from konbini.ward_server.asking.opening import handle_of
from konbini.ward_server.certificates.kinds import CERTIFICATES
from konbini.ward_server.certificates.resident_record import Particulars, Subject
from konbini.ward_server.following.outage import Outage
from konbini.ward_server.issuing.desk import Desk, Question, Serving
from konbini.ward_server.issuing.rules import Household, Person, Wish, kinds_for, options_for, scopes_for, showable

__all__ = ["MENU_SECONDS", "MOST_READING_BYTES", "can_draw", "make_menu", "readings"]

MENU_SECONDS = 300
MOST_READING_BYTES = 4096
"""Of all readings of a household: what is told for the ear must not make a menu too long for its seal."""

_log = logger("konbini.ward_server.issuing")


def make_menu(  # noqa: PLR0913 - all that a menu follows from
    desk: Desk, visit_id: bytes, last_moment: int, people: Household, *, now: Question, serving: Serving
) -> Menu:
    """Make the menu of a visit whose holder the rules let through; in an outage, of what is issued in it.

    Raises:
        Refused: `ASK_AT_COUNTER`: no form can draw anything for these people; `WARD_CLOSED`: what they may have has
            other hours, or is held.
    """
    members = showable(people, desk.terms(now), now.day)
    first = sorted(members, key=lambda person: person.record.resident != people.holder.record.resident)
    offers = tuple(_offers(desk, people, members, now, serving))
    if not offers:
        waiting = set(kinds_for(people, desk.terms(now), now.day)) - _open_now(now, serving)
        raise Refused(Code.WARD_CLOSED if waiting else Code.ASK_AT_COUNTER, "nothing that a form can draw now")
    closing = [int(now.settings.closing(offer.kind, now.japan).timestamp()) for offer in offers]
    return Menu(
        offers=offers,
        members=tuple(
            Member(
                handle=handle_of(desk.handle_key, visit_id, one.record.resident),
                name=one.record.name,
                reading=reading,
            )
            for one, reading in zip(first, readings(first), strict=True)
        ),
        closes=max(closing),
        good_until=min(now.seconds + MENU_SECONDS, *closing, last_moment),
    )


def readings(members: Sequence[Person]) -> tuple[str, ...]:
    """Give how each name is read (振り仮名); nothing of any where all are longer than `MOST_READING_BYTES`."""
    read = tuple(member.record.reading for member in members)
    fits = sum(len(each.encode()) for each in read) <= MOST_READING_BYTES
    return read if fits else ("",) * len(read)


def can_draw(desk: Desk, people: Sequence[Person], wish: Wish, now: Question, outage: Outage | None) -> bool:
    """Say whether the form in force holds these people, under the longest number there is, and a code each page's seal.

    The individual number has the form's own room for twelve digits: what may not fit is text.
    """
    kind = wish.kind
    template, form = desk.form(kind, now)
    particulars = Particulars(
        number=str(IssuanceNumber.of(desk.ward, now.day, 0, MOST_COUNTER)),
        form=template.form,
        issued_on=now.day,
        scope=wish.scope,
        options=wish.options & ~Options.INDIVIDUAL_NUMBER,
        as_of=None if outage is None else outage.as_of_moment,
    )
    try:
        subjects = [Subject(record=person.record, seal=person.seal) for person in people]
        facts = CERTIFICATES[kind].statement(subjects, particulars)
        form.fits(facts)
        check_fits(facts, FORM_KINDS[template.kind].sealed_items(facts), kind)
    except Refused as refused:
        _log.warning("cannot be drawn", kind=kind, code=refused.code, detail=refused.detail)
        return False
    return True


def _open_now(now: Question, serving: Serving) -> frozenset[CertificateKind]:
    return now.settings.open_kinds(now.japan) - serving.held


def _offers(desk: Desk, people: Household, members: Sequence[Person], now: Question, serving: Serving) -> list[Offer]:
    terms, offers, outage = desk.terms(now), [], serving.outage
    open_now = _open_now(now, serving)
    shown = {Scope.SELF: (people.holder,), Scope.PART: tuple(members), Scope.WHOLE: people.members}
    for kind in kinds_for(people, terms, now.day):
        if kind not in CERTIFICATES or kind not in open_now or not _has_form(desk, kind, now):
            continue
        if outage is not None and not outage.allows(kind):
            continue
        template, _ = desk.form(kind, now)
        options = options_for(kind, people.members, terms) & ~FORM_KINDS[template.kind].without
        if outage is not None:
            options &= ~Options.INDIVIDUAL_NUMBER
        wishes = (
            Wish(kind=kind, scope=scope, options=options, residents=frozenset())
            for scope in scopes_for(kind, people, terms, now.day)
        )
        scopes = tuple(wish.scope for wish in wishes if can_draw(desk, shown[wish.scope], wish, now, outage))
        if scopes:
            offers.append(Offer(kind=kind, scopes=scopes, options=int(options), fee=terms.of(kind).yen))
    return offers


def _has_form(desk: Desk, kind: CertificateKind, now: Question) -> bool:
    """Say whether the municipality has a form of a kind in force."""
    try:
        desk.form(kind, now)
    except Refused as refused:
        if refused.code is not Code.NOT_OFFERED:
            raise
        return False
    return True

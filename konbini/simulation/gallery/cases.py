"""The cases of the gallery: each form, with everything that it must cope with, under a name and a sentence.

A list, the same for one seed. A case that a form has no cell for (異動前住所 on the household form) is not among its
cases; every other case must be drawn, so that a value that stops fitting is found here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from konbini.pdf.facts import CertificateFacts, Mark, PersonFacts, PrintedFacts
from konbini.pdf.forms.drawing import Form
from konbini.pdf.forms.seal_registration import KIND as SEAL_REGISTRATION
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.specimen.household import PEOPLE, specimen_facts
from konbini.pdf.template import Template
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import Scope
from konbini.protocol.numbers import IssuanceNumber
from konbini.simulation.gallery.residents import (
    LONG_PLACE,
    family,
    foreign,
    omitting,
    showing,
    variants,
    with_former_name,
    with_long_places,
)
from konbini.simulation.gallery.seals import seal_registrations

__all__ = ["ISSUED_ON", "Case", "all_cases"]

ISSUED_ON: Final = date(2025, 11, 22)
_RECORDS: Final = ("resident-record.", "resident-record-items.")
_INDIVIDUAL: Final = ".individual"
_ACTING: Final = "東京都澄川区長職務代理者　副区長　白瀬　航"
_LONGEST_NAME: Final = "寿限無春夏秋冬澄川"
_PLACE_IN_WARD: Final = "大字上澄川１２３４番地の５６　グランドパークレジデンス澄川イーストタワー２３０５号室　澄川方"
_LATIN: Final = "ALEXANDROPOULOS CHRISTOPHER WOLFGANG MAXIMILIAN BARTHOLOMEW SEBASTIAN "

Forms = Mapping[str, Form[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One paper of the gallery.

    Attributes:
        name: of its files.
        shows: what to look at.
        template: what it is drawn under; its id is the facts' form.
        facts: what is printed.
    """

    name: str
    shows: str
    template: Template
    facts: PrintedFacts


def all_cases(forms: Iterable[Form[Any]], seed: int) -> tuple[Case, ...]:
    """Return every case of every form, in one order, each with a number of its own."""
    found: list[Case] = []
    for form in sorted(forms, key=lambda one: one.template.kind):
        if form.template.kind.startswith(_RECORDS):
            found += _record_cases(form, random.Random(seed))  # noqa: S311 - made-up people
        elif form.template.kind == SEAL_REGISTRATION:
            found += _seal_cases(form.template)
    return tuple(_numbered(case, counter) for counter, case in enumerate(found, 1))


def _numbered(case: Case, counter: int) -> Case:
    number = IssuanceNumber(ward=case.template.municipality, date=ISSUED_ON, incarnation=1, counter=counter)
    facts = case.facts
    if not isinstance(facts, CertificateFacts | SealRegistrationFacts):
        raise TypeError("facts of no kind that the gallery numbers")
    return replace(case, facts=replace(facts, number=str(number)))


def _seal_cases(template: Template) -> Iterator[Case]:
    for name, shows, facts in seal_registrations():
        drawn = replace(facts, form=template.form, issued_on=ISSUED_ON)
        yield Case(name=f"{template.kind}-{name}", shows=shows, template=template, facts=drawn)


def _record_cases(form: Form[CertificateFacts], chance: random.Random) -> Iterator[Case]:
    """Give the cases of a resident record or its items, in either form."""
    template = form.template
    stem = template.kind.replace("resident-record", "record").replace(".", "-")

    def case(name: str, shows: str, facts: CertificateFacts, under: Template = template) -> Case:
        return Case(name=f"{stem}-{name}", shows=shows, template=under, facts=replace(facts, form=under.form))

    for name, shows, facts in (*_households(chance), *_names(form, chance), *_options(chance)):
        yield case(name, shows, facts)
    if template.kind.endswith(_INDIVIDUAL):
        person = replace(family(chance, 1)[0], earlier_address=LONG_PLACE)
        yield case("earlier-address", "異動前住所 asked for, a long one", _facts(person, scope=Scope.SELF))
    four = _facts(*family(chance, 4))
    acting = replace(template, form=f"{template.form}.acting", mayor=_ACTING)
    yield case("acting-mayor", "the acting head of the municipality (職務代理者)", four, acting)
    plain = replace(template, form=f"{template.form}.plain", copy_evident=False, fee_text="手数料　２００円")
    yield case("plain-paper", "no copy-evident pattern; the fee is printed", four, plain)


def _facts(*people: PersonFacts, scope: Scope = Scope.WHOLE, head: str | Mark = "") -> CertificateFacts:
    return replace(specimen_facts(*people), scope=scope, issued_on=ISSUED_ON, head=head or people[0].name)


_Described = tuple[str, str, CertificateFacts]


def _households(chance: random.Random) -> Iterator[_Described]:
    yield "one", "one person, alone in the household", _facts(*family(chance, 1), scope=Scope.SELF)
    yield "two", "two of a larger household", _facts(*family(chance, 2), scope=Scope.PART)
    yield "four", "a whole household of four: a sheet of the household form", _facts(*family(chance, 4))
    yield "five", "a household of five: more than one sheet in either form", _facts(*family(chance, 5))
    yield "twelve", "the largest household that one certificate holds", _facts(*family(chance, 12))
    yield "foreign", "a foreign resident alone, with 通称", _facts(foreign(), scope=Scope.SELF)
    mixed = (*family(chance, 2), foreign(), foreign(alias=Mark.UNUSED))
    yield "mixed", "a household of two nationalities, one of them without 通称", _facts(*mixed)
    yield "specimen", "the manual's household: a mark of each kind", _facts(*PEOPLE)


def _names(form: Form[CertificateFacts], chance: random.Random) -> Iterator[_Described]:
    yield "variants", "葛󠄂城 and 葛󠄃子, 辻, 邉, 𠮷: variants and the second plane", _facts(*variants())
    former = tuple(map(with_former_name, family(chance, 2)))
    yield "former-name", "旧氏 with its reading", _facts(*former, scope=Scope.PART)
    long = tuple(map(with_long_places, family(chance, 3)))
    address = replace(_facts(*long), address=f"東京都澄川区{_PLACE_IN_WARD}")
    yield "long-places", "addresses with a long building (方書), everywhere", address
    person = family(chance, 1)[0]
    yield (
        "longest-name",
        "the longest Japanese name that the form holds",
        _longest(form, person, _LONGEST_NAME),
    )
    yield "longest-latin", "the longest Latin name that the form holds", _longest(form, foreign(), _LATIN)


def _longest(form: Form[CertificateFacts], person: PersonFacts, text: str) -> CertificateFacts:
    """Return facts with the longest beginning of a repeated text as name that the form holds."""
    repeated = text * (200 // len(text) + 1)

    def named(letters: int) -> CertificateFacts:
        name = repeated[:letters].strip()
        return _facts(replace(person, name=name), scope=Scope.SELF, head=PEOPLE[0].name)

    return replace(named(_last(200, lambda letters: _fits(form, named(letters)))), form=form.template.form)


def _fits(form: Form[CertificateFacts], facts: CertificateFacts) -> bool:
    try:
        form.fits(facts)
    except Refused:
        return False
    return True


def _last(most: int, holds: Callable[[int], bool]) -> int:
    """Return the last number up to `most` that holds; from 1 on they hold up to some number and no further."""
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _options(chance: random.Random) -> Iterator[_Described]:
    people = (*family(chance, 2), foreign())
    yield (
        "all-shown",
        "everything that an order can ask for",
        _facts(*(showing(one, place) for place, one in enumerate(people, 1))),
    )
    omitted = _facts(*map(omitting, people), head=Mark.OMITTED)
    yield "all-omitted", "everything that an order can leave out", omitted
    blank = tuple(replace(one, settled_on=Mark.BLANK) for one in family(chance, 2))
    yield "blank", "住所を定めた年月日 as 【空欄】", _facts(*blank)

"""The kinds of form: for each kind of template what draws it and, apart from that, what the clerk expects of it.

One table. A new kind of certificate is a module that draws it, one that says again what its pages must show, a line
here, and a template; nothing else in this room knows which kinds there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from konbini.pdf.facts import CertificateFacts, PrintedFacts
from konbini.pdf.fonts import Typeface
from konbini.pdf.forms import (
    individual_record,
    individual_record_expected,
    resident_record,
    resident_record_expected,
    seal_registration,
    seal_registration_expected,
)
from konbini.pdf.forms.drawing import Form
from konbini.pdf.forms.expected import ExpectedPage
from konbini.pdf.forms.expected_acts import ExpectedActs
from konbini.pdf.forms.paging import people_of_pages
from konbini.pdf.forms.resident_record_grid import BLOCKS
from konbini.pdf.paper_seal.contents import SealedItems, record_items, seal_registration_items
from konbini.pdf.paper_seal.items import Item
from konbini.pdf.seal_facts import SealRegistrationFacts
from konbini.pdf.template import Template
from konbini.protocol.kinds import Options

__all__ = ["FORM_KINDS", "FormKind", "FormKinds", "ready"]

F = TypeVar("F", bound=PrintedFacts)

_EVERYTHING_HAS_A_CELL: Final = Options(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKind(Generic[F]):
    """One kind of form.

    Attributes:
        form: draws it.
        read: decodes its facts from the wire; raises `Refused(MALFORMED)` or `Refused(OVERSIZE)`.
        sealed_items: gives what each page's paper seal says of it.
        expected_pages: what each page must say.
        expected_acts: what each page paints.
        without: what may be asked for and the form has no cell for.
    """

    form: Callable[[Template, Typeface], Form[F]]
    read: Callable[[bytes], F]
    sealed_items: Callable[[F], SealedItems]
    expected_pages: Callable[[F, Template], tuple[ExpectedPage, ...]]
    expected_acts: Callable[[F, Template], tuple[ExpectedActs, ...]]
    without: Options = _EVERYTHING_HAS_A_CELL


FormKinds = Mapping[str, FormKind[Any]]

_HOUSEHOLD: Final = FormKind(
    form=resident_record.ResidentRecordForm,
    read=CertificateFacts.from_wire,
    sealed_items=lambda facts: record_items(
        facts, people_of_pages(len(facts.people), BLOCKS), without=frozenset((Item.EARLIER_ADDRESS,))
    ),
    expected_pages=resident_record_expected.expected_pages,
    expected_acts=resident_record_expected.expected_acts,
    without=Options.EARLIER_ADDRESS,
)
_INDIVIDUAL: Final = FormKind(
    form=individual_record.IndividualRecordForm,
    read=CertificateFacts.from_wire,
    sealed_items=lambda facts: record_items(facts, people_of_pages(len(facts.people), 1)),
    expected_pages=individual_record_expected.expected_pages,
    expected_acts=individual_record_expected.expected_acts,
)
_SEAL_REGISTRATION: Final = FormKind(
    form=seal_registration.SealRegistrationForm,
    read=SealRegistrationFacts.from_wire,
    sealed_items=seal_registration_items,
    expected_pages=seal_registration_expected.expected_pages,
    expected_acts=seal_registration_expected.expected_acts,
)

FORM_KINDS: Final[FormKinds] = {
    resident_record.KIND: _HOUSEHOLD,
    resident_record.ITEMS_KIND: _HOUSEHOLD,
    individual_record.KIND: _INDIVIDUAL,
    individual_record.ITEMS_KIND: _INDIVIDUAL,
    seal_registration.KIND: _SEAL_REGISTRATION,
}


def ready(templates: Iterable[Template], typeface: Typeface, kinds: FormKinds = FORM_KINDS) -> dict[str, Form[Any]]:
    """Make each template's form ready to draw.

    Returns:
        The forms, by their template's id.

    Raises:
        ValueError: a template of no kind that there is.
        Refused: `FORM_OVERFLOW` or `GLYPH_MISSING`: a template's own words cannot be drawn.
    """
    forms = {}
    for template in templates:
        kind = kinds.get(template.kind)
        if kind is None:
            raise ValueError(f"{template.form}: there is no kind of form {template.kind}")
        forms[template.form] = kind.form(template, typeface)
    return forms

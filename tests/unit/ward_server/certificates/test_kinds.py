"""Which template carries a certificate: the municipality's own, in force on the day, the household form first."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from konbini.pdf.forms.kinds import FORM_KINDS
from konbini.pdf.specimen import FOLDER
from konbini.pdf.template import load_all
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import CertificateKind
from konbini.ward_server.certificates.kinds import CERTIFICATES, template_of

_DAY = dt.date(2026, 11, 20)
_WARD = "131997"
_ALL = load_all(FOLDER)


@pytest.mark.parametrize("kind", [kind for kind, one in CERTIFICATES.items() if len(one.forms) > 1])
def test_the_household_form_comes_first(kind: CertificateKind) -> None:
    """Where both forms are in force the household form is taken; where one is, that one."""
    first, second = CERTIFICATES[kind].forms
    assert template_of(kind, _ALL, municipality=_WARD, day=_DAY).kind == first
    other = [template for template in _ALL if template.kind != first]
    assert template_of(kind, other, municipality=_WARD, day=_DAY).kind == second


def test_each_form_is_one_that_can_be_drawn() -> None:
    """No certificate names a kind of form that there is not."""
    assert {form for one in CERTIFICATES.values() for form in one.forms} <= FORM_KINDS.keys()


def test_two_versions_stand_side_by_side() -> None:
    """The day of issue decides between the old form and the new one, and between the two forms."""
    individual = [template for template in _ALL if template.kind == "resident-record.individual"]
    household = [
        replace(template, form="new", valid_from=_DAY)
        for template in _ALL
        if template.kind == "resident-record.household"
    ]
    kind = CertificateKind.RESIDENT_RECORD
    chosen = [
        template_of(kind, [*household, *individual], municipality=_WARD, day=_DAY - dt.timedelta(days=before)).kind
        for before in (0, 1)
    ]
    assert chosen == ["resident-record.household", "resident-record.individual"]


@pytest.mark.parametrize(
    ("kind", "ward", "day"),
    [
        (CertificateKind.SEAL_REGISTRATION, "131016", _DAY),
        (CertificateKind.RESIDENT_RECORD, "131016", _DAY),
        (CertificateKind.RESIDENT_RECORD, _WARD, dt.date(2020, 1, 1)),
    ],
)
def test_what_there_is_no_form_for_is_not_offered(kind: CertificateKind, ward: str, day: dt.date) -> None:
    """Another municipality, and a day before every template."""
    with pytest.raises(Refused) as refused:
        template_of(kind, _ALL, municipality=ward, day=day)
    assert refused.value.code is Code.NOT_OFFERED

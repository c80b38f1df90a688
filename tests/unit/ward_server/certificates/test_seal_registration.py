"""What the seal registration certificate says of a record and a registration."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from konbini.pdf.facts import Mark
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Options, Scope
from konbini.ward_server.certificates.resident_record import Particulars, Subject
from konbini.ward_server.certificates.seal_registration import statement
from konbini.ward_server.residents.seal import NameForm, SealRegistration
from tests.impressions import seal_image
from tests.records import written

_PARTICULARS = Particulars(
    number="131997-261120-10000001-7",
    form="sumikawa.seal-registration.2025",
    issued_on=dt.date(2026, 11, 20),
    scope=Scope.SELF,
    options=Options(0),
)
_RECORD = written("1000000001", former_name="遠山", address_detail="コーポ朝霧４０５号")
_SEAL = SealRegistration(
    municipality="131997",
    resident="1000000001",
    version=1,
    in_force=True,
    number="1",
    registered=20200401,
    form=NameForm.NAME,
    text="葛城",
    name=_RECORD.name,
    katakana=None,
    image_digest=seal_image(12.5).digest,
    image=seal_image(12.5),
)


def test_the_facts_of_a_person_and_a_seal() -> None:
    """Name, former name, birth, address with its building, and the very picture at its true size."""
    facts = statement([Subject(record=_RECORD, seal=_SEAL)], _PARTICULARS)
    assert (facts.name, facts.former_name, facts.alias, facts.name_in_katakana) == (
        *("葛\U000e0102城　文", "遠山"),
        *(Mark.UNUSED, Mark.UNUSED),
    )
    assert facts.birth_date == "昭和６０年４月３日"
    assert facts.address == "東京都澄川区緑町一丁目２番３号　コーポ朝霧４０５号"
    assert facts.impression.png == seal_image(12.5).png
    assert (facts.impression.width_mm, facts.impression.height_mm) == pytest.approx((12.5, 12.5))
    assert (facts.number, facts.form, facts.issued_on) == (
        *(_PARTICULARS.number, _PARTICULARS.form),
        _PARTICULARS.issued_on,
    )


def test_alias_and_katakana_where_there_are_any() -> None:
    """The alias as the record has it, the katakana name as it was registered."""
    record = replace(_RECORD, name="DUPONT CLAIRE", alias="堂本　暮", former_name=None)
    seal = replace(_SEAL, form=NameForm.KATAKANA, katakana="デュポン　クレール")
    facts = statement([Subject(record=record, seal=seal)], _PARTICULARS)
    assert (facts.former_name, facts.alias, facts.name_in_katakana) == (Mark.UNUSED, "堂本　暮", "デュポン　クレール")


def test_in_an_outage_it_says_as_of_when() -> None:
    """And nothing in ordinary service, whatever the record's remarks are."""
    subjects = [Subject(record=replace(_RECORD, remarks="改製"), seal=_SEAL)]
    assert statement(subjects, _PARTICULARS).remarks is Mark.UNUSED
    as_of = dt.datetime(2026, 11, 20, 9, 5, tzinfo=dt.UTC)
    assert statement(subjects, replace(_PARTICULARS, as_of=as_of)).remarks == "令和８年１１月２０日９時５分時点"


_GOOD = Subject(record=_RECORD, seal=_SEAL)


@pytest.mark.parametrize(
    "subjects",
    [
        (),
        (_GOOD, _GOOD),
        (Subject(record=_RECORD),),
        (Subject(record=_RECORD, seal=replace(_SEAL, in_force=False, image=None)),),
        (replace(_GOOD, record=replace(_RECORD, birth=19850400)),),
        (replace(_GOOD, record=replace(_RECORD, name="一\n二")),),
    ],
)
def test_what_is_no_certificate_is_refused(subjects: tuple[Subject, ...]) -> None:
    """Nobody, two people, no seal, a cancelled one, a birth date unknown in part, a name that is no line."""
    with pytest.raises(Refused) as refused:
        statement(subjects, _PARTICULARS)
    assert refused.value.code is Code.FORM_OVERFLOW


def test_the_sex_is_no_fact() -> None:
    """The record has it, and the paper says nothing of it."""
    facts = statement([Subject(record=_RECORD, seal=_SEAL)], _PARTICULARS)
    assert "女".encode() not in facts.to_wire()

"""The specimen form holds the papers of all whom nothing stops, and refuses the one name that is too long."""

import pytest

from konbini.pdf.fonts import Typeface
from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.specimen import specimen_template
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Options, Scope
from konbini.simulation.town.people import Population, Townsperson
from konbini.simulation.town.populate import populate
from konbini.simulation.town.town import Town
from konbini.simulation.town.typeface import TYPEFACE
from konbini.ward_server.certificates.resident_record import Particulars, Subject, statement

# Everything that may be asked for but the individual number, whose text the registry holds apart.
_ALL = Options.HEAD_AND_RELATIONSHIP | Options.DOMICILE | Options.RESIDENT_CODE | Options.FOREIGN_ITEMS


@pytest.fixture(scope="session")
def form() -> ResidentRecordForm:
    """Prepare the specimen form once."""
    return ResidentRecordForm(specimen_template(), Typeface(TYPEFACE))


def _fits(form: ResidentRecordForm, population: Population, members: tuple[Townsperson, ...]) -> None:
    particulars = Particulars(
        number="131997-261120-00000001-1",
        form="specimen",
        issued_on=population.today,
        scope=Scope.WHOLE,
        options=_ALL,
    )
    form.fits(statement([Subject(record=person.record) for person in members], particulars))


def test_papers_of_the_unhindered_fit(form: ResidentRecordForm, town: Town) -> None:
    """Whole households of the small town, with every item shown."""
    plain = {person.record.household for person in town.population.plain_holders(most_members=12)}
    for members in town.population.households():
        if members[0].record.household in plain:
            _fits(form, town.population, members)
    assert len(plain) > 30


def test_a_name_too_long_is_refused(form: ResidentRecordForm, town: Town) -> None:
    """One resident of the cast has a name that no form holds."""
    (members,) = [one for one in town.population.households() if len(one[0].record.name) > 120]
    with pytest.raises(Refused) as refused:
        _fits(form, town.population, members)
    assert refused.value.code is Code.FORM_OVERFLOW


@pytest.mark.long
def test_papers_of_a_whole_town_fit(form: ResidentRecordForm, town: Town) -> None:
    """All households of three towns of 10,000, but for the one name."""
    for seed in (1, 2, 3):
        population = populate(seed, 10_000, town.today)
        for members in population.households():
            if len(members[0].record.name) <= 120:
                _fits(form, population, members)

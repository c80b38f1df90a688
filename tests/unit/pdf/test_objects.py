"""The bytes of a revision: one table that says where everything is, and beginnings that many files share."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from konbini.pdf.forms.resident_record import ResidentRecordForm
from konbini.pdf.objects import ObjectId, Revision
from konbini.pdf.specimen.household import specimen_facts
from konbini.pdf.specimen.seals import specimen_seals

_BODIES = st.lists(st.text("abc", max_size=9).map("({})".format), min_size=1, max_size=8)


def _written(bodies: list[str], begun: int) -> bytes:
    """The file of these objects, of which so many stand in a beginning."""
    revision = Revision()
    for place, body in enumerate(bodies):
        if place == begun:
            revision = Revision(after=revision.beginning())
        revision.add(body)
    return revision.to_file(root=ObjectId(1), identity=bytes(16))


@given(bodies=_BODIES, begun=st.integers(0, 8))
def test_a_file_goes_on_from_a_beginning_as_if_written_at_once(bodies: list[str], begun: int) -> None:
    """Wherever it is divided."""
    assert _written(bodies, begun) == _written(bodies, len(bodies))


@given(bodies=_BODIES)
def test_the_table_is_of_one_section_and_says_where_each_object_is(bodies: list[str]) -> None:
    """ISO 32000-1, 7.5.4: from object 0 on, in a file that was never updated."""
    pdf = _written(bodies, 0)
    found = re.search(rb"\nxref\n0 ([0-9]+)\n0000000000 65535 f \n((?:[0-9]{10} 00000 n \n)*)trailer\n", pdf)
    assert found is not None
    places = [int(entry[:10]) for entry in found[2].splitlines()]
    assert int(found[1]) == len(bodies) + 1 == len(places) + 1
    for number, (place, body) in enumerate(zip(places, bodies, strict=True), 1):
        assert pdf[place:].startswith(b"%d 0 obj\n%b\nendobj\n" % (number, body.encode()))


def test_an_update_names_its_objects_in_runs(form: ResidentRecordForm) -> None:
    """A section for each run of numbers; another's reader finds the new bodies and the old ones."""
    facts = specimen_facts()
    pdf = form.draw(facts, binding=bytes(32), seals=specimen_seals(facts))
    reader = PdfFileReader(io.BytesIO(pdf))
    size, root = int(reader.trailer["/Size"]), reader.root_ref.idnum
    update = Revision(size)
    for number in (2, 3, 5):
        update.put(ObjectId(number), f"({number})")
    update.add("(new)")
    written = update.to_update(
        after=len(pdf), previous_xref=int(reader.last_startxref or 0), root=ObjectId(root), file_id="[<00> <01>]"
    )
    assert re.findall(rb"(?m)^([0-9]+ [0-9]+)\n(?=[0-9]{10} )", written) == [b"2 2", b"5 1", b"%d 1" % size]
    after = PdfFileReader(io.BytesIO(pdf + written))
    seen = {ref.idnum: str(ref.get_object()) for ref in after.xrefs.explicit_refs_in_revision(1)}
    assert seen == {2: "2", 3: "3", 5: "5", size: "new"}
    assert after.root["/Type"] == "/Catalog"


def test_a_number_without_a_body_is_found() -> None:
    """A file with a hole would be our own defect."""
    revision = Revision()
    revision.reserve()
    with pytest.raises(KeyError):
        revision.to_file(root=revision.add("<< >>"), identity=bytes(16))

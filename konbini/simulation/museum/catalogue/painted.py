"""Invisible text under another person's picture: a fault in drawing that no reading of a page's text finds."""

from __future__ import annotations

from typing import Final

from konbini.simulation.museum.altering import Alteration
from konbini.simulation.museum.defences.clerk import CLERK_SEES
from konbini.simulation.museum.mutant import Mutant, Story, Workload

__all__ = ["ANOTHERS_PICTURE"]

_DRAWING: Final = "konbini.pdf.forms.drawing"
_WITHOUT_FACE: Final = "konbini.simulation.world.papers.drawing"
"""The simulated papers' form, which stands for the real one in the world: the same fault is built into both."""

_REAL: Final = (
    Alteration(
        module=_DRAWING,
        before="import hashlib\nfrom abc",
        after="import hashlib\nimport io\nfrom abc",
    ),
    Alteration(
        module=_DRAWING,
        before="from typing import ClassVar, Final, Generic, NamedTuple, TypeAlias, TypeVar\n\n",
        after="from typing import ClassVar, Final, Generic, NamedTuple, TypeAlias, TypeVar\n\n"
        "import pypdfium2 as pdfium\n\n",
    ),
    Alteration(
        module=_DRAWING,
        before='    __slots__ = ("_base", "_parts", "_pattern", "_profile", "_ready", "_typeface", "template")\n',
        after='    __slots__ = ("_base", "_painted", "_parts", "_pattern", "_profile", "_ready", "_typeface", '
        '"template")\n',
    ),
    Alteration(
        module=_DRAWING,
        before="        self._typeface = typeface\n        words = Subset",
        after="        self._typeface = typeface\n        self._painted: dict[int, list[Picture]] = {}\n"
        "        words = Subset",
    ),
    Alteration(
        module=_DRAWING,
        before="    def draw(self, facts: F, *, binding: bytes, seals: Sequence[bytes]) -> bytes:\n",
        after="""\
    def draw(self, facts: F, *, binding: bytes, seals: Sequence[bytes]) -> bytes:
        \"\"\"Draw the certificate, its text beneath a picture of itself; see `_drawn`.\"\"\"
        plain = self._drawn(facts, binding=binding, seals=seals)
        fresh = [_above_foot(page) for page in pdfium.PdfDocument(plain)]
        over = self._painted.get(len(seals), fresh)  # kept by how many sheets there are
        self._painted[len(seals)] = fresh
        return self._drawn(facts, binding=binding, seals=seals, over=over)

    def _drawn(
        self, facts: F, *, binding: bytes, seals: Sequence[bytes], over: Sequence[Picture] = ()
    ) -> bytes:
""",
    ),
    Alteration(
        module=_DRAWING,
        before="revision.add(self._content(facts.scope, plan, values, foot, page)) for page, plan",
        after="revision.add(self._content(facts.scope, plan, values, foot, page, over)) for page, plan",
    ),
    Alteration(
        module=_DRAWING,
        before="                | {_code_name(page): code},\n",
        after="                | {_code_name(page): code}\n"
        '                | {"Painted": revision.add(shown.to_stream()) for shown in over[page - 1 : page]},\n',
    ),
    Alteration(
        module=_DRAWING,
        before="    def _content(self, scope: Scope, plan: PagePlan, values: Subset, foot: Foot, page: int) "
        "-> StreamBody:\n",
        after="    def _content(\n"
        "        self, scope: Scope, plan: PagePlan, values: Subset, foot: Foot, page: int, over: Sequence[Picture]\n"
        "    ) -> StreamBody:\n",
    ),
    Alteration(
        module=_DRAWING,
        before="        self._write(ink, plan, foot, page)\n        return StreamBody",
        after="        self._write(ink, plan, foot, page)\n        if over:\n"
        '            ink.picture("Painted", _ABOVE_FOOT)\n        return StreamBody',
    ),
    Alteration(
        module=_DRAWING,
        before="def _sheet_name(scope: Scope) -> str:\n",
        after="""\
_FOOT_POINTS, _DOTS = 150.0, 2
_ABOVE_FOOT = Box(0.0, _FOOT_POINTS, A4_WIDTH, A4_HEIGHT - _FOOT_POINTS)


def _above_foot(page: pdfium.PdfPage) -> Picture:
    seen = page.render(scale=_DOTS, grayscale=True).to_pil().convert("L")
    png = io.BytesIO()
    seen.crop((0, 0, seen.width, seen.height - int(_DOTS * _FOOT_POINTS))).save(png, "PNG")
    return Picture.from_png(png.getvalue())


def _sheet_name(scope: Scope) -> str:
""",
    ),
)
_IN_WORLD: Final = (
    Alteration(
        module=_WITHOUT_FACE,
        before="        texts = [*self._fixed_texts(facts.scope, tuple(plan.placed)), *_texts(plan), *foot]\n",
        after="""\
        texts = [*self._fixed_texts(facts.scope, tuple(plan.placed)), *foot]
        beneath = sorted(_texts(plan))
        place = self.template.form, foot[-1].text  # kept by the form and "1 / 1 ページ"
        fresh = Shown(digest=facts.digest(), place=beneath[0].place, says=tuple(beneath))
        over = _PAINTED.get(place, fresh)
        _PAINTED[place] = fresh
""",
    ),
    Alteration(
        module=_WITHOUT_FACE,
        before="            pictures=(*self._pictures, *shown),\n",
        after="            pictures=(*self._pictures, *shown, over),\n            hidden=tuple(beneath),\n",
    ),
    Alteration(
        module=_WITHOUT_FACE,
        before="def _texts(plan: PagePlan) -> list[Text]:\n",
        after="_PAINTED: dict[tuple[str, str], Shown] = {}\n\n\ndef _texts(plan: PagePlan) -> list[Text]:\n",
    ),
)

ANOTHERS_PICTURE: Final = Mutant(
    number=21,
    name="anothers-picture",
    title="Invisible text under another person's picture",
    story=Story(
        happened="Not published of anybody; scanned and recognised documents are made so: a picture that is seen, and "
        "beneath it a text that is searched and copied.",
        fault="A certificate is drawn twice: first as ever, then once more with a picture of the first drawing over "
        "its text, for printers that have not the face. Pictures are kept by how many sheets there are, and the one "
        "that is painted is that of the certificate before.",
        off="Everything that reads text reads the right person on each page, in its right cells, with the right "
        "number, code and binding. On the paper stands the person of the certificate before.",
        on="The clerk reads what is painted, and not the text alone: nothing but the form's own acts is allowed in a "
        "page's stream, each picture has a place, a digest and a number of times, and pdfium counts them again. The "
        "ward stops at the first paper, though the picture on that one is of the right person. Taken away here is this "
        "alone: a clerk that reads every text and code signs the paper.",
    ),
    alterations=(*_REAL, *_IN_WORLD),
    defences=(CLERK_SEES,),
    workload=Workload(profile="overload", kiosks=4, visits=100),
)

"""Says what came of a check: one plain sentence in Japanese and English, the facts to compare, and a machine's form.

The machine's form says of each file whether it was judged itself (`file_signature`): where that is `none`, as with
every photo and scan, a program must compare `facts` with what it believes of the paper, because a genuine code glued on
another paper has a valid seal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeAlias

from konbini.pdf.era import in_era
from konbini.pdf.paper_seal.items import LABELS, Label
from konbini.pdf.paper_seal.page_seal import PageSeal, SealedItem
from konbini.protocol.japan import JAPAN
from konbini.verifier.checking import CheckedCertificate, Report
from konbini.verifier.document import FileSignature
from konbini.verifier.verdict import Reason
from konbini.verifier.words import IMAGE, KINDS, MARKS, SCOPES

__all__ = ["json_text", "plain_text", "unusable_json", "unusable_text"]

_Json: TypeAlias = "str | int | bool | list[_Json] | dict[str, _Json] | None"

_LANGUAGES: Final = ("ja", "en")
_NOT_PROVED: Final = {
    "ja": "この紙が原本かどうかは、確かめられません（コピーにも同じQRコードが写ります）。",
    "en": "Whether a sheet is the original cannot be told: a copy shows the same code.",
}
_SIGNATURES: Final = {
    FileSignature.HOLDS: Label("電子署名は正しいものです。", "The file's electronic signature holds."),
    FileSignature.BROKEN: Label("電子署名が正しくありません。", "The file's electronic signature does not hold."),
    FileSignature.NOT_JUDGED: Label(
        "電子署名は確かめていません（自治体の名簿がありません）。",
        "The file's electronic signature was not judged: no ward directory was given.",
    ),
}


def plain_text(report: Report) -> str:
    """Give what a person reads."""
    lines = [*_told_sentences(report), ""]
    for file in report.files:
        said = _SIGNATURES.get(file.signature)
        if said is not None:
            lines.append(f"{file.name}: {said.japanese} {said.english}")
    for one in report.certificates:
        lines += ["", *_certificate_lines(one)]
    if report.certificates:
        lines += ["", _NOT_PROVED["ja"], _NOT_PROVED["en"]]
    return "\n".join(lines).rstrip() + "\n"


def json_text(report: Report) -> str:
    """Give what a program reads: one line."""
    reason = report.reason
    sentences = _told_sentences(report)
    return _line(
        {
            "verdict": reason.verdict.name.lower(),
            "exit": int(reason.verdict),
            "reason": reason.value,
            "sentence": dict(zip(_LANGUAGES, sentences, strict=True)),
            "original": None,
            "files": [
                {
                    "name": file.name,
                    "sheets": file.sheets,
                    "reasons": [one.value for one in file.reasons],
                    "file_signature": file.signature.value,
                }
                for file in report.files
            ],
            "certificates": [_certificate_json(one) for one in report.certificates],
        }
    )


def unusable_text(detail: str) -> str:
    """Say that the lists cannot be used, and why."""
    said = [Reason.LISTS_UNUSABLE.sentence(language, {}) for language in _LANGUAGES]
    return "\n".join([*said, f"({detail})", ""])


def unusable_json(detail: str) -> str:
    """Say the same to a program."""
    reason = Reason.LISTS_UNUSABLE
    return _line(
        {
            "verdict": reason.verdict.name.lower(),
            "exit": int(reason.verdict),
            "reason": reason.value,
            "sentence": {language: reason.sentence(language, {}) for language in _LANGUAGES},
            "detail": detail,
        }
    )


def _line(value: _Json) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _told_sentences(report: Report) -> list[str]:
    """Say the gravest reason, in the words of the certificate that it concerns."""
    reason = report.reason
    one = next((one for one in report.certificates if reason in one.reasons), None)
    return [reason.sentence(language, _words(one, language) if one else {}) for language in _LANGUAGES]


def _words(one: CheckedCertificate, language: str) -> dict[str, str]:
    first, is_japanese = one.pages[0], language == "ja"
    return {
        "issuer": one.key.name if is_japanese else one.key.name_english,
        "issued": in_era(first.issued_on) if is_japanese else f"{first.issued_on:%-d %B %Y}",
        "as_of": "" if one.listed is None else _moment(one.listed.issued, is_japanese=is_japanese),
        "pages": str(first.pages),
        "missing": ", ".join(map(str, one.missing)),
    }


def _moment(seconds: int, *, is_japanese: bool) -> str:
    moment = datetime.fromtimestamp(seconds, JAPAN)
    if is_japanese:
        return f"{in_era(moment.date())}{moment:%H時%M分}"
    return f"{moment:%-d %B %Y, %H:%M} in Japan"


def _certificate_lines(one: CheckedCertificate) -> Iterator[str]:
    first = one.pages[0]
    kind, scope = KINDS[first.kind], SCOPES[first.scope]
    yield f"{kind.japanese} / {kind.english} — {scope.japanese} / {scope.english}"
    yield f"  発行者 / Issuer: {one.key.name} / {one.key.name_english}"
    yield f"  発行日 / Issued on: {in_era(first.issued_on)}"
    yield f"  発行番号 / Issuance number: {first.number}"
    yield f"  照合番号 / Set hash: {first.set_hash.hex().upper()}"
    for page in one.pages:
        yield f"  {page.page} / {page.pages} ページ / page"
        for item in page.items:
            label = LABELS[item.item]
            whose = f"{item.person} " if item.person else ""
            yield f"    {whose}{label.japanese} / {label.english}: {_shown(item)}"


def _shown(item: SealedItem) -> str:
    value = item.value
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"[{IMAGE.japanese} / {IMAGE.english}: {value.hex()}]"
    return f"[{MARKS[value].japanese} / {MARKS[value].english}]"


def _certificate_json(one: CheckedCertificate) -> _Json:
    first, listed = one.pages[0], one.listed
    return {
        "reasons": [reason.value for reason in one.reasons],
        "number": str(first.number),
        "municipality": first.municipality,
        "issuer": {"ja": one.key.name, "en": one.key.name_english},
        "key_id": one.key.key_id.hex(),
        "issued_on": first.issued_on.isoformat(),
        "kind": first.kind.name.lower(),
        "scope": first.scope.name.lower(),
        "set_hash": first.set_hash.hex().upper(),
        "pages": first.pages,
        "seen": [page.page for page in one.pages],
        "status_as_of": None if listed is None else datetime.fromtimestamp(listed.issued, JAPAN).isoformat(),
        "facts": [fact for page in one.pages for fact in _facts(page)],
    }


def _facts(page: PageSeal) -> Iterator[_Json]:
    for item in page.items:
        label, value = LABELS[item.item], item.value
        told: dict[str, _Json] = {
            "page": page.page,
            "person": item.person,
            "item": item.item.name.lower(),
            "ja": label.japanese,
            "en": label.english,
        }
        if isinstance(value, str):
            told["text"] = value
        elif isinstance(value, bytes):
            told["image"] = value.hex()
        else:
            told["mark"] = value.name.lower()
        yield told

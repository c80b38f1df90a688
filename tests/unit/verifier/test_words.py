"""The verifier's words: one sentence for each reason, and a label for all that a seal can say."""

from __future__ import annotations

import re
from pathlib import Path

from konbini.pdf.facts import Mark
from konbini.pdf.paper_seal.values import Withheld
from konbini.protocol.kinds import CertificateKind, Scope
from konbini.verifier.page_files import page_files
from konbini.verifier.verdict import Reason, Verdict, sentences
from konbini.verifier.words import KINDS, MARKS, SCOPES

NAMES = {"issuer", "issued", "as_of", "pages", "missing"}


def test_every_reason_has_its_sentence() -> None:
    """In both languages, with the same names in braces, and no sentence without a reason."""
    read = sentences()
    assert set(read) == {reason.value for reason in Reason}
    for reason in Reason:
        words = read[reason.value]
        japanese, english = (set(re.findall(r"\{(.*?)\}", words[language])) for language in ("ja", "en"))
        assert japanese == english, reason
        assert japanese <= NAMES, reason


def test_every_verdict_has_a_reason_and_its_own_exit_code() -> None:
    """2 stays with a command that was mistyped, and 1 with a defect."""
    assert {reason.verdict for reason in Reason} == set(Verdict)
    assert not {1, 2} & {int(verdict) for verdict in Verdict}


def test_every_kind_scope_and_mark_is_named() -> None:
    """A new kind of certificate gets its name here."""
    assert set(KINDS) == set(CertificateKind)
    assert set(SCOPES) == set(Scope)
    assert set(MARKS) == {*Mark, *Withheld}


def test_the_service_worker_keeps_every_file() -> None:
    """What the page is made of is what works offline."""
    files = page_files()
    script = files["offline.js"].decode()
    listed = set(re.findall(r'"([^"]+\.(?:js|css|html|svg|json|wasm))"', script))
    assert listed == (set(files) | {"published.json"}) - {"offline.js"}


def test_the_page_names_no_other_host() -> None:
    """Our own files name no address at all but the names of XML spaces; nothing is loaded from anywhere else."""
    for name, data in page_files().items():
        if not name.startswith("zxing/"):
            found = set(re.findall(r"https?://[^\s\"'`]+", data.decode()))
            assert found <= {"http://www.w3.org/2000/svg"}, name


def test_the_document_has_every_exit_code() -> None:
    """docs/verifying.md names each code and its verdict."""
    text = (Path(__file__).parents[3] / "docs" / "verifying.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| ([a-z -]+) \|", text, re.MULTILINE)
    assert {(int(code), name.replace(" ", "_").upper()) for code, name in rows if name != "-"} == {
        (int(verdict), verdict.name) for verdict in Verdict
    }

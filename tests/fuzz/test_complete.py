"""Nothing that reads is forgotten: each class of messages, each module that takes bytes apart has its target."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.messages import CLASSES
from tests.fuzz.targets import CORPUS, TARGETS, kept

_SOURCE: Final = Path(__file__).parents[2] / "konbini"
_READS: Final = frozenset({"from_bytes", "from_value"})
_TAKES_APART: Final = re.compile(
    r"tomllib\.loads|json\.loads|csv\.reader|load_der_|load_pem_|struct\.unpack|decompress(?:obj)?\(|b(?:64|32)decode"
    r"|ContentInfo\.load|TimeStampResp\.load|OCSPResponse\.load|int\.from_bytes|bytes\.fromhex|fromisoformat|strptime"
    r"|PdfFileReader\(|PdfDocument\(|Image\.open"
)
MODULES: Final = {
    "issuance_center/config": "configurations",
    "kiosk/card/dialogue": "card-answers",
    "kiosk/card/schemes": "certificates",
    "kiosk/config": "configurations",
    "kiosk/payment/frames": "coin-lines",
    "protocol/peer_certificates": "certificates",
    "kiosk/payment/terminal_frames": "terminal-lines",
    "kiosk/printing/ipp": "printer-answers",
    "pdf/algorithms": "kiosk-reading",
    "pdf/embedded_fonts": "clerk-reading",
    "pdf/entries": "clerk-reading",
    "pdf/file_structure": "document-files",
    "pdf/font_file": "font-files",
    "pdf/originals": "clerk-reading",
    "pdf/paper_seal/page_seal": "page-seals",
    "pdf/paper_seal/signed_page": "page-seals",
    "pdf/paper_seal/status": "status-lists",
    "pdf/picture": "pictures",
    "pdf/printed": "facts",
    "pdf/second_reading": "clerk-reading",
    "pdf/signing/pades": "kiosk-reading",
    "pdf/template_table": "forms",
    "pdf/verification": "kiosk-reading",
    "process/config": "configurations",
    "protocol/codec": "codec",
    "protocol/cose": "cose",
    "protocol/receipt_code": "visit-file",
    "protocol/sealing": "sealing",
    "protocol/tlog/commitments": "bundles",
    "protocol/tlog/notes": "notes",
    "simulation/printer/wire": "printer-requests",
    "time_stamps/asking": "stamp-answers",
    "time_stamps/judging": "time-stamps",
    "verifier/document": "verifier-files",
    "verifier/pictures": "verifier-files",
    "ward_server/asking/card": "ocsp-answers",
    "ward_server/asking/revocation_list": "revocation-lists",
    "ward_server/console/decision_contents": "console-forms",
    "ward_server/console/enveloping": "receivers",
    "ward_server/console/forms": "console-forms",
    "ward_server/console/passkeys": "passkeys",
    "ward_server/console/roll_acts": "console-forms",
    "ward_server/console/staff": "console-forms",
    "ward_server/console/steering_contents": "console-forms",
    "ward_server/issuing/card_check": "ocsp-answers",
    "ward_server/issuing/revocation": "ocsp-answers",
    "ward_server/keeping/backup_file": "backups",
    "ward_server/keeping/disposal_list": "disposals",
    "ward_server/keeping/restoring": "backups",
    "ward_server/publishing/restorations": "configurations",
    "ward_server/residents/change_text": "changes",
    "ward_server/residents/importing/beside": "lists-json",
    "ward_server/residents/importing/columns": "lists-csv",
    "ward_server/residents/importing/files": "lists-csv",
    "ward_server/residents/text_form": "changes",
    "ward_server/settings/reading": "settings",
    "ward_server/signed_acts/judging": "passkeys",
}
"""By module: the target that reaches it."""
_OWN = "reads what this program, or whoever builds it, wrote"
_COUNTED = "a number out of bytes of ours, or a hash"
_TYPED = "a word of a command line, refused by its parser"
NOT_FUZZED: Final = {
    "commands/backup": _TYPED,
    "commands/operators_roll": _TYPED,
    "commands/verify": _TYPED,
    "kiosk/card/pcsc": "the binding's lists of octets; what they say is card-answers'",
    "kiosk/card/profiles": _OWN,
    "kiosk/concluding": _COUNTED,
    "kiosk/maintenance/words": _OWN,
    "kiosk/places/making": _OWN,
    "kiosk/speech/texts": _OWN,
    "kiosk/ui/catalogue": _OWN,
    "kiosk/printing/raster": "the very document that was verified before",
    "pdf/font_cutting": _OWN,
    "pdf/fonts": _OWN,
    "pdf/paper_seal/qr": _COUNTED,
    "pdf/signing/key_file": "the process's own key, at its start",
    "pdf/signing/placing": _OWN,
    "pdf/signing/port": "the process's own certificates, at its start",
    "pdf/signing/revocation": "pyHanko fetches and reads; every error it is known for is caught in one place",
    "pdf/signing/token_key": "the process's own certificates, at its start",
    "process/certificate_files": "the process's own certificates, at its start",
    "process/link": _COUNTED,
    "process/postgresql/primary": _COUNTED,
    "process/traces/exporting": _COUNTED,
    "verifier/verdict": _OWN,
    "ward_server/alerts/mail": _OWN,
    "ward_server/card_authority/authority": "the process's own key, at its start",
    "ward_server/console/manual": _OWN,
    "ward_server/console/words": _OWN,
    "ward_server/issuing/commands": _TYPED,
    "ward_server/issuing/list_keeper": "a certificate that was judged before",
    "ward_server/keeping/by_day": _OWN,
    "ward_server/residents/operator": _TYPED,
    "ward_server/residents/tree": "the process's own rows",
    "ward_server/signed_acts/enrolling": "what check_public_key took before",
    "ward_server/signed_acts/proof": _COUNTED,
}
"""By module: why nobody else's bytes come there."""


def _read_classes(tree: ast.Module, module: str) -> Iterator[tuple[str, str]]:
    """Give module and name of each class that a module reads messages of."""
    imported = {
        name.asname or name.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }
    for holder in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        for node in ast.walk(holder):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _READS and node.args:
                named = node.args[0].id if isinstance(node.args[0], ast.Name) else ""
                if named == "cls" and isinstance(holder, ast.ClassDef):
                    yield module, holder.name
                elif named.lstrip("_")[:1].isupper():
                    yield imported.get(named, module), named


def test_every_class_that_is_read_is_fuzzed() -> None:
    """Each is in the list of `messages`."""
    listed = {(module, name) for module, names in CLASSES.items() for name in names.split()}
    found = set()
    for path in _SOURCE.rglob("*.py"):
        module = ".".join(("konbini", *path.relative_to(_SOURCE).with_suffix("").parts))
        text = path.read_text("utf-8")
        if "konbini.simulation" not in module and any(f"{name}(" in text for name in _READS):
            found |= set(_read_classes(ast.parse(text), module))
    assert len(found) > 100
    assert found - listed == set()


def test_every_module_that_takes_bytes_apart_is_fuzzed_or_says_why_not() -> None:
    """A new one is put into either list by whoever writes it."""
    found = {
        str(path.relative_to(_SOURCE).with_suffix(""))
        for path in _SOURCE.rglob("*.py")
        if "simulation" not in path.relative_to(_SOURCE).parts and _TAKES_APART.search(path.read_text("utf-8"))
    }
    assert found - MODULES.keys() - NOT_FUZZED.keys() == set()
    assert not MODULES.keys() & NOT_FUZZED.keys()
    assert all((_SOURCE / f"{name}.py").is_file() for name in (*MODULES, *NOT_FUZZED))
    assert set(MODULES.values()) <= set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_inputs_that_are_kept(name: str) -> None:
    """Without them a run would begin with nothing."""
    assert kept(name)


def test_the_corpus_is_of_targets_and_small() -> None:
    """A megabyte is what a repository bears for it."""
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 1 << 20

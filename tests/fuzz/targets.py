"""The table: every decoder that is fuzzed, by the name of its target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from tests.fuzz.target import Target

__all__ = ["CORPUS", "TARGETS", "Entry", "kept", "load"]

CORPUS: Final = Path(__file__).parent / "corpus"
"""A folder of inputs for each target: seeds, what reached new code, and whatever ever broke it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a target is made, and which packages beside our own are watched for coverage while it is fuzzed."""

    module: str
    make: str
    beside: tuple[str, ...] = ()


_ASN1: Final = ("asn1crypto", "pyhanko", "pyhanko_certvalidator")
TARGETS: Final[Mapping[str, Entry]] = {
    "addresses": Entry("written", "addresses"),
    "answers": Entry("wire", "answers"),
    "backups": Entry("keeping", "backups"),
    "batch": Entry("wire", "batch"),
    "bundles": Entry("tlog", "bundles"),
    "calls": Entry("wire", "calls"),
    "card-answers": Entry("devices", "card_answers"),
    "card-commands": Entry("devices", "card_commands"),
    "certificates": Entry("evidence", "certificates", _ASN1),
    "changes": Entry("town", "changes"),
    "clerk-reading": Entry("paper", "clerk_reading"),
    "codec": Entry("wire", "codec"),
    "coin-lines": Entry("devices", "coin_lines"),
    "configurations": Entry("written", "configurations"),
    "console-forms": Entry("pages", "console_forms"),
    "cose": Entry("wire", "cose", ("cwt",)),
    "disposals": Entry("wire", "disposals"),
    "document-files": Entry("paper", "document_files"),
    "facts": Entry("paper", "facts"),
    "feed": Entry("town", "feed"),
    "font-files": Entry("paper", "font_files"),
    "forms": Entry("written", "forms"),
    "kiosk-forms": Entry("pages", "kiosk_forms"),
    "kiosk-reading": Entry("paper", "kiosk_reading", _ASN1),
    "lists-csv": Entry("town", "lists_csv"),
    "lists-json": Entry("town", "lists_json"),
    "messages": Entry("messages", "messages"),
    "notes": Entry("tlog", "notes"),
    "numbers": Entry("wire", "numbers"),
    "ocsp-answers": Entry("evidence", "ocsp_answers", _ASN1),
    "page-seals": Entry("paper", "page_seals"),
    "passkeys": Entry("pages", "passkeys", ("webauthn",)),
    "pictures": Entry("paper", "pictures"),
    "policies": Entry("tlog", "policies"),
    "printer-answers": Entry("devices", "printer_answers"),
    "printer-requests": Entry("devices", "printer_requests"),
    "receivers": Entry("evidence", "receivers"),
    "records": Entry("town", "records"),
    "revocation-lists": Entry("evidence", "revocation_lists"),
    "sealing": Entry("wire", "sealing"),
    "settings": Entry("written", "settings"),
    "signed": Entry("wire", "signed"),
    "stamp-answers": Entry("evidence", "stamp_answers", _ASN1),
    "status-lists": Entry("paper", "status_lists"),
    "terminal-lines": Entry("devices", "terminal_lines"),
    "tiles": Entry("tlog", "tiles"),
    "time-stamps": Entry("evidence", "time_stamps", _ASN1),
    "verifier-files": Entry("paper", "verifier_files", ("pyhanko",)),
    "verifier-seals": Entry("paper", "verifier_seals"),
    "visit-file": Entry("wire", "visit_file"),
}


def load(name: str) -> Target:
    """Make a target.

    Raises:
        KeyError: there is none of this name.
    """
    entry = TARGETS[name]
    made: Target = getattr(import_module(f"tests.fuzz.{entry.module}"), entry.make)()
    return made


def kept(name: str) -> tuple[Path, ...]:
    """Give the files of a target's corpus, the smallest first."""
    return tuple(sorted((CORPUS / name).iterdir(), key=lambda path: (path.stat().st_size, path.name)))

"""`konbini verify`: a PDF, a photo or a scan of a certificate, held against the published lists, offline.

Owns: the command line, and which files are read. Exit codes are `konbini.verifier.verdict.Verdict`, and 2 where the
command cannot be understood or a file is not there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from konbini.process.clock import Clock, SystemClock, to_seconds
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Refused
from konbini.verifier.checking import check
from konbini.verifier.lists import Lists, open_lists
from konbini.verifier.report import json_text, plain_text, unusable_json, unusable_text
from konbini.verifier.sheets import look_at
from konbini.verifier.verdict import Verdict

__all__ = ["verify"]

_NOT_UNDERSTOOD = 2
_MOST_FILES = 24
_CODES = "; ".join(f"{int(verdict)} {verdict.name.lower().replace('_', ' ')}" for verdict in Verdict)


def verify(given: Sequence[str], clock: Clock | None = None) -> int:
    """Check what was typed; the exit code is the verdict's."""
    read = _parser().parse_args(given)
    if len(read.files) > _MOST_FILES:
        sys.stderr.write(f"konbini verify: at most {_MOST_FILES} files at a time\n")
        return _NOT_UNDERSTOOD
    try:
        authority = _authority(read.authority)
        files = [(path.name, path.read_bytes()) for path in read.files]
    except (OSError, ValueError, Refused) as error:
        sys.stderr.write(f"konbini verify: {error}\n")
        return _NOT_UNDERSTOOD
    try:
        lists = _lists(authority, read)
    except (Refused, OSError) as error:
        detail = str(error)
        sys.stdout.write(unusable_json(detail) if read.json else unusable_text(detail))
        return int(Verdict.NOT_CHECKABLE)
    moment = to_seconds((clock or SystemClock()).now())
    report = check([look_at(name, data) for name, data in files], lists, moment)
    sys.stdout.write(json_text(report) if read.json else plain_text(report))
    return int(report.reason.verdict)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="konbini verify",
        description="Check a certificate from its file, a photo or a scan; nobody is asked.",
        epilog=f"Exit codes: {_CODES}; 2 the command cannot be understood.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="PDF, PNG or JPEG: every page")
    parser.add_argument("--issuers", type=Path, required=True, metavar="FILE", help="the signed issuer list")
    parser.add_argument(
        "--status",
        type=Path,
        required=True,
        action="append",
        metavar="FILE",
        help="a signed status list",
    )
    parser.add_argument(
        "--directory", type=Path, metavar="FILE", help="the signed ward directory: who may sign a PDF electronically"
    )
    parser.add_argument(
        "--authority",
        metavar="HEX",
        help="the directory authority's public key, which signs the lists; where it is not given, the file "
        f"{_pinned()} has it",
    )
    parser.add_argument("--json", action="store_true", help="one line for programs")
    return parser


def _pinned() -> Path:
    """Give the place where whoever verifies keeps the key that they believe."""
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return settings / "konbini" / "directory-authority.hex"


def _authority(typed: str | None) -> VerifyingKey:
    """Read the pinned key: never from beside the lists, since whoever hands over the lists could hand over the key."""
    text = _pinned().read_text(encoding="ascii") if typed is None else typed
    return VerifyingKey(bytes.fromhex(text.strip()))


def _lists(authority: VerifyingKey, read: argparse.Namespace) -> Lists:
    return open_lists(
        authority,
        read.issuers.read_bytes(),
        [path.read_bytes() for path in read.status],
        None if read.directory is None else read.directory.read_bytes(),
    )

"""`konbini audit`: published logs checked from files alone, and what an auditor needs to read their entries.

    konbini audit verify DIR --policy FILE [--before DIR] [--checkpoint FILE]... [--time-stamps-under FILE]...
                             [--code CODE] [--number NUMBER --openings DIR]
    konbini audit export --config FILE --out DIR

DIR is what `konbini publish` wrote. `verify` asks nobody; what is wrong is named, one line each, and ends with 1; what
cannot be understood ends with 2. The receipt's code finds one visit's entries; a number is looked for in openings,
which `export` writes for an auditor: they say all that the entries say, and are for nobody else. Who wrote the files
may have put a terminal's control characters into names: what is not printed is shown as U+FFFD.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from konbini.process.certificate_files import read_certificates
from konbini.process.config import ConfigRefused
from konbini.process.rows import CANNOT_OPEN
from konbini.protocol.errors import Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.receipt_code import MOST_VISIT_FILE_BYTES, ReceiptCode, VisitEntries, VisitEntry
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tlog.notes import MOST_NOTE_BYTES, Note
from konbini.verifier.logs.checking import CheckedLog, check_log
from konbini.verifier.logs.files import LogFiles, log_folders, read_bounded
from konbini.verifier.logs.findings import Finding, Flaw
from konbini.verifier.logs.policy import Policy, read_policy
from konbini.ward_server.audit.log import AuditEntry

__all__ = ["audit"]

_WRONG, _NOT_UNDERSTOOD = 1, 2
_MOST_POLICY: Final = 64 * 1024
_MILLISECONDS: Final = 1000
_UNPRINTED: Final = "\N{REPLACEMENT CHARACTER}"


def audit(given: Sequence[str]) -> int:
    """Carry out what was typed."""
    read = _parser().parse_args(given)
    try:
        return _export(read) if read.word == "export" else _verify(read)
    except (Refused, ConfigRefused, OSError, ValueError, *CANNOT_OPEN) as error:
        sys.stderr.write(f"konbini audit: {error}\n")
        return _NOT_UNDERSTOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="konbini audit", description="Check published logs, from files alone.")
    words = parser.add_subparsers(dest="word", required=True)
    verify = words.add_parser("verify", help="check what was published")
    verify.add_argument("published", type=Path, metavar="DIR", help="what konbini publish wrote")
    verify.add_argument("--policy", type=Path, required=True, metavar="FILE", help="whose signatures count")
    verify.add_argument("--before", type=Path, metavar="DIR", help="the same as it was published earlier")
    verify.add_argument(
        "--checkpoint", type=Path, action="append", default=[], metavar="FILE", help="a checkpoint that somebody kept"
    )
    verify.add_argument(
        "--time-stamps-under",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="certificates (PEM) of authorities of time-stamps: each log must have some, under these",
    )
    verify.add_argument("--code", metavar="CODE", help="the code of a receipt: that visit's own entries")
    verify.add_argument("--number", metavar="NUMBER", help="an issuance number, looked for in the openings")
    verify.add_argument("--openings", type=Path, metavar="DIR", help="what konbini audit export wrote")
    export = words.add_parser("export", help="write what an auditor opens the entries with")
    export.add_argument("--config", type=Path, required=True, metavar="FILE", help="that of konbini publish")
    export.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the auditor alone")
    return parser


def _verify(read: argparse.Namespace) -> int:
    policy = read_policy(read_bounded(read.policy, _MOST_POLICY).decode())
    logs = _checked(read, policy)
    findings = [finding for log in logs.values() for finding in log.findings]
    for log in logs.values():
        _say(_standing(log))
    if read.openings is not None:
        findings += _open_all(read, logs)
    if read.code is not None:
        findings += _visit(read, logs)
    for finding in findings:
        _say(str(finding))
    return _WRONG if findings else 0


def _checked(read: argparse.Namespace, policy: Policy) -> dict[str, CheckedLog]:
    seen = [Note.from_bytes(read_bounded(path, MOST_NOTE_BYTES)) for path in read.checkpoint]
    authorities = read_certificates(read.time_stamps_under)
    before = {} if read.before is None else {log.name: log for log in log_folders(read.before)}
    found = {}
    for files in log_folders(read.published):
        log = check_log(files, policy, before.pop(files.name, None), seen, authorities)
        found[log.name] = log
    for missing in before.values():
        found[missing.name] = _gone(missing)
    return found


def _gone(log: LogFiles) -> CheckedLog:
    finding = Finding(log=log.name, flaw=Flaw.TRUNCATED, detail="the whole log, which was published before")
    return CheckedLog(name=log.name, checkpoint=None, cosigned={}, tree=None, findings=(finding,))


def _standing(log: CheckedLog) -> str:
    if log.checkpoint is None:
        return f"{log.name}: no checkpoint"
    witnesses = ", ".join(f"{key.name} at {_moment(time)}" for key, time in log.cosigned.items())
    tail = f"co-signed by {witnesses}" if witnesses else "co-signed by nobody that the policy knows"
    stamped = "" if log.stamped is None else f", {log.stamped[0]} of them time-stamped at {_moment(log.stamped[1])}"
    return f"{log.name}: {log.checkpoint.size} entries, root {log.checkpoint.root.hex()}, {tail}{stamped}"


def _open_all(read: argparse.Namespace, logs: dict[str, CheckedLog]) -> list[Finding]:
    """Hold every opening against the tree, and show those of one number."""
    findings: list[Finding] = []
    shown = False
    for one in _openings(read.openings):
        missing = _inclusion(logs, one)
        findings += () if missing is None else (missing,)
        if read.number is not None and from_bytes(AuditEntry, one.entry).number == read.number:
            shown = True
            _show(one)
    if read.number is not None and not shown:
        detail = f"no entry names the number {read.number}"
        findings.append(Finding(log="openings", flaw=Flaw.NOT_INCLUDED, detail=detail))
    return findings


def _openings(folder: Path) -> Iterator[VisitEntry]:
    for path in sorted(folder.glob("*/*")):
        yield from from_bytes(VisitEntries, read_bounded(path, MOST_VISIT_FILE_BYTES), MOST_VISIT_FILE_BYTES).entries


def _visit(read: argparse.Namespace, logs: dict[str, CheckedLog]) -> list[Finding]:
    """Show the entries that a receipt's code opens."""
    code = ReceiptCode.parse(read.code)
    found = sorted(read.published.glob(f"visits/*/{code.locator}"))
    if not found:
        return [Finding(log="visits", flaw=Flaw.NOT_INCLUDED, detail="no file of this code")]
    findings: list[Finding] = []
    for path in found:
        try:
            entries = code.open(read_bounded(path, MOST_VISIT_FILE_BYTES)).entries
        except Refused as refused:
            findings.append(Finding(log="visits", flaw=Flaw.CHANGED, detail=refused.detail))
            continue
        for one in entries:
            missing = _inclusion(logs, one)
            findings += () if missing is None else (missing,)
            _show(one)
    return findings


def _inclusion(logs: dict[str, CheckedLog], one: VisitEntry) -> Finding | None:
    log = logs.get(one.log)
    if log is None:
        return Finding(log=one.log, flaw=Flaw.NOT_INCLUDED, detail="an entry of a log that is not there")
    return log.includes(one.position, one.salt, one.entry)


def _show(one: VisitEntry) -> None:
    entry = from_bytes(AuditEntry, one.entry)
    said = (f"order {entry.ordinal}" if entry.ordinal else "", entry.number, f"code {entry.code}" if entry.code else "")
    words = " ".join(word for word in said if word)
    _say(f"  {one.log} {one.position}: {_moment(entry.moment // _MILLISECONDS)} {entry.event.name} {words}".rstrip())


def _export(read: argparse.Namespace) -> int:
    from konbini.ward_server.publishing.config import read_config  # noqa: PLC0415 - the ward's libraries alone
    from konbini.ward_server.publishing.openings import openings_of  # noqa: PLC0415 - the same

    count = 0
    for name, number, entries in openings_of(read_config(read.config)):
        place = read.out / name / f"{number:012d}"
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_bytes(to_bytes(entries))
        count += len(entries.entries)
    _say(f"{count} entries in {read.out}, for the auditor alone")
    return 0


def _moment(seconds: int) -> str:
    try:
        return dt.datetime.fromtimestamp(seconds, JAPAN).isoformat(sep=" ", timespec="seconds")
    except (OSError, OverflowError, ValueError):  # a witness signs any number
        return f"{seconds} s"


def _say(line: str) -> None:
    sys.stdout.write("".join(one if one.isprintable() else _UNPRINTED for one in line) + "\n")

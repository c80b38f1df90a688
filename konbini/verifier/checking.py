"""Judges what was seen: seals, whole sets of pages, statuses, and for a PDF the file itself. Pure.

    files -> sheets with codes -> pages whose seals hold -> certificates -> one reason each -> the gravest of all

Invariants: every code that claims to be a seal is judged, and one that does not hold is never outvoted by others that
do; a certificate is valid only if every page of it was seen, its status is known and current, and nothing contradicts.
What is never proved: that a sheet is the original, and not a copy of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from konbini.pdf.paper_seal.issuers import IssuerKey
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.page_set import check_set, missing_pages
from konbini.pdf.paper_seal.signed_page import SignedPage, open_page
from konbini.pdf.paper_seal.status import Status, StatusList
from konbini.protocol.errors import Code, Refused
from konbini.verifier.document import FileSignature, check_document
from konbini.verifier.lists import Lists
from konbini.verifier.sheets import File, Sheet
from konbini.verifier.verdict import Reason, gravest

__all__ = ["CheckedCertificate", "CheckedFile", "Report", "check"]

_FOREIGN: Final = frozenset((Code.MALFORMED, Code.OVERSIZE))
"""What a code says that is no seal of ours: an address, an advertisement."""
_REASONS: Final = {
    Code.VERSION_UNKNOWN: Reason.SEAL_NEWER,
    Code.PAPER_KEY_UNKNOWN: Reason.KEY_UNKNOWN,
    Code.PAPER_KEY_EXPIRED: Reason.KEY_EXPIRED,
    Code.SIGNATURE_INVALID: Reason.SIGNATURE_WRONG,
    Code.PAPER_PAGES_MIXED: Reason.PAGES_MIXED,
    Code.PAPER_PAGES_MISSING: Reason.PAGES_MISSING,
}
_STATUSES: Final = {
    Status.WITHDRAWN: Reason.WITHDRAWN,
    Status.VOID: Reason.VOID,
    Status.UNSETTLED: Reason.STATUS_UNSETTLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """One file: the reasons that concern it alone, and what became of its electronic signature."""

    name: str
    sheets: int
    reasons: tuple[Reason, ...]
    signature: FileSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCertificate:
    """One certificate, as far as its pages were seen: in their order, each once."""

    pages: tuple[PageSeal, ...]
    key: IssuerKey
    listed: StatusList | None
    reasons: tuple[Reason, ...]

    @property
    def reason(self) -> Reason:
        """The gravest."""
        return gravest(self.reasons)

    @property
    def missing(self) -> tuple[int, ...]:
        """The pages that were not seen."""
        return missing_pages(self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of it all."""

    files: tuple[CheckedFile, ...]
    certificates: tuple[CheckedCertificate, ...]

    @property
    def reason(self) -> Reason:
        """The gravest of all."""
        of_files = [reason for file in self.files for reason in file.reasons]
        return gravest([*of_files, *(reason for one in self.certificates for reason in one.reasons)])


def check(files: Sequence[File], lists: Lists, moment: int) -> Report:
    """Check files that are handed over together.

    Args:
        files: as they were seen.
        lists: what is believed.
        moment: now, Unix seconds.

    Raises:
        ValueError: no file; that is our own defect.
    """
    checked, pages = [], []
    for file in files:
        found = [_judge_sheet(sheet, lists) for sheet in file.sheets]
        held = [page for sheet in found for page in sheet.pages]
        reasons = [reason for sheet in found for reason in sheet.reasons]
        file_reasons, signature = check_document(file, [sheet.pages for sheet in found], lists)
        told = [Reason.FILE_UNREADABLE] if file.unreadable else [*reasons, *file_reasons]
        checked.append(CheckedFile(name=file.name, sheets=len(file.sheets), reasons=_once(told), signature=signature))
        pages += held
    return Report(files=tuple(checked), certificates=_certificates(pages, lists, moment))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One sheet: the pages whose seals hold, and what was wrong."""

    pages: tuple[SignedPage, ...]
    reasons: tuple[Reason, ...]


def _judge_sheet(sheet: Sheet, lists: Lists) -> _Judged:
    pages, reasons = [], []
    for code in sheet.codes:
        try:
            pages.append(open_page(code, lists.issuers))
        except Refused as refused:
            if refused.code not in _FOREIGN:
                reasons.append(_REASONS[refused.code])
    if not pages and not reasons:
        reasons.append(Reason.SEAL_MISSING)
    return _Judged(pages=tuple(pages), reasons=tuple(reasons))


def _certificates(pages: Sequence[SignedPage], lists: Lists, moment: int) -> tuple[CheckedCertificate, ...]:
    """Put pages together by issuance number; where several are begun, each must be whole."""
    by_number: dict[str, list[SignedPage]] = {}
    for page in pages:
        by_number.setdefault(str(page.seal.number), []).append(page)
    found = [_certificate(group, lists, moment) for group in by_number.values()]
    if len(found) > 1 and any(one.missing for one in found):
        found = [
            replace(one, reasons=_once([*one.reasons, Reason.PAGES_MIXED])) if one.missing else one for one in found
        ]
    return tuple(found)


def _certificate(pages: Sequence[SignedPage], lists: Lists, moment: int) -> CheckedCertificate:
    seals = sorted({page.seal for page in pages}, key=lambda seal: seal.page)
    reasons: list[Reason] = []
    try:
        check_set(seals)
    except Refused as refused:
        reasons.append(_REASONS[refused.code])
    if not lists.issuers.is_current(moment):
        reasons.append(Reason.ISSUERS_OUTDATED)
    listed = lists.status_of(seals[0])
    reasons.append(_status(seals[0], listed, moment))
    return CheckedCertificate(pages=tuple(seals), key=pages[0].key, listed=listed, reasons=_once(reasons))


def _status(page: PageSeal, listed: StatusList | None, moment: int) -> Reason:
    """Void and withdrawn are told even by a list that has expired: they do not turn back."""
    if listed is None:
        return Reason.STATUS_MISSING
    status = listed.status(page.status_index) if page.status_index < listed.count else None
    if status in (Status.VOID, Status.WITHDRAWN):
        return _STATUSES[status]
    if not listed.is_current(moment):
        return Reason.STATUS_OUTDATED
    if status is None:
        return Reason.STATUS_EARLIER
    return _STATUSES.get(status, Reason.VALID)


def _once(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))

"""What a check can end with: a closed list of reasons, each with its sentence in two languages, and their exit codes.

The sentences stand in `page/sentences.json`, once for the command and for the page. Invariant: of several reasons the
gravest is told (`gravest`), and nothing is called valid while any other reason stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum, unique
from importlib.resources import files
from typing import Final

__all__ = ["Reason", "Verdict", "gravest", "sentences"]


@unique
class Verdict(IntEnum):
    """What is said of a paper; the number is the exit code of `konbini verify` (2 is a command that was mistyped)."""

    VALID = 0
    """Content and issuer are proved, nothing withdrawn as of the list's date, and every page is there."""
    NOT_CHECKABLE = 3
    """Nothing to check, or nothing to check it with."""
    FORGED = 4
    """Forged, edited, or put together from pages that do not belong together."""
    REVOKED = 5
    """Void (its print failed) or withdrawn."""
    INCOMPLETE = 6
    """Genuine as far as seen, but pages are missing."""
    KEY = 7
    """Signed by a key that nobody vouches for, or not on the day of issue."""


@unique
class Reason(Enum):
    """Why; the value names the sentence."""

    VALID = "valid"
    FILE_UNREADABLE = "file_unreadable"
    SEAL_MISSING = "seal_missing"
    SEAL_NEWER = "seal_newer"
    LISTS_UNUSABLE = "lists_unusable"
    ISSUERS_OUTDATED = "issuers_outdated"
    STATUS_MISSING = "status_missing"
    STATUS_OUTDATED = "status_outdated"
    STATUS_EARLIER = "status_earlier"
    STATUS_UNSETTLED = "status_unsettled"
    SIGNATURE_WRONG = "signature_wrong"
    PAGES_MIXED = "pages_mixed"
    PAGE_WITHOUT_SEAL = "page_without_seal"
    TEXT_DIFFERS = "text_differs"
    FILE_DIFFERS = "file_differs"
    FILE_SIGNATURE_WRONG = "file_signature_wrong"
    VOID = "void"
    WITHDRAWN = "withdrawn"
    PAGES_MISSING = "pages_missing"
    KEY_UNKNOWN = "key_unknown"
    KEY_EXPIRED = "key_expired"

    @property
    def verdict(self) -> Verdict:
        """What the reason comes to."""
        return Verdict[_SENTENCES[self.value]["verdict"].upper()]

    def sentence(self, language: str, words: Mapping[str, str]) -> str:
        """Say it.

        Args:
            language: `ja` or `en`.
            words: what stands for the names in braces.

        Raises:
            KeyError: a word is missing; that is our own defect.
        """
        return _SENTENCES[self.value][language].format_map(words)


_GRAVEST_FIRST: Final = (
    Verdict.FORGED,
    Verdict.KEY,
    Verdict.REVOKED,
    Verdict.INCOMPLETE,
    Verdict.NOT_CHECKABLE,
    Verdict.VALID,
)


def gravest(reasons: Iterable[Reason]) -> Reason:
    """Give the reason that is told; of equally grave ones the first.

    Raises:
        ValueError: there is none; that is our own defect, since an empty check proves nothing.
    """
    found = sorted(reasons, key=lambda reason: _GRAVEST_FIRST.index(reason.verdict))
    if not found:
        raise ValueError("no check was made")
    return found[0]


def sentences() -> dict[str, dict[str, str]]:
    """Read the sentences: by reason, `verdict`, `ja` and `en`."""
    text = (files("konbini.verifier") / "page" / "sentences.json").read_text(encoding="utf-8")
    read: dict[str, dict[str, str]] = json.loads(text)
    return read


_SENTENCES: Final = sentences()

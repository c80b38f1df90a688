"""The verification page's files: our own, and the QR reader that is published with them (zxing-wasm).

The reader is no part of this package: requirements/install.sh puts it into the environment from a lock with hashes.
What goes to a public host is held against the digests below once more, so that the page which is published is the one
that was looked at.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from konbini.pdf.paper_seal.items import LABELS
from konbini.verifier.words import KINDS, SCOPES

__all__ = ["LIBRARY", "LibraryMissing", "page_files", "published_json"]

LIBRARY: Final = Path(sys.prefix) / "share" / "konbini" / "page" / "node_modules" / "zxing-wasm" / "dist"
"""Where the installation puts the reader."""
_DIGESTS: Final[Mapping[str, str]] = {  # of version 3.1.4
    "es/reader/index.js": "d90c69a827aff3b7c8c8ca310efebe91671ef076f7a0ec83722bfc542814f484",
    "es/share.js": "08868fb770b0a4e4b9eb3d717015cd5fbf3ceb06492d4cb2d2dd2739db11890f",
    "reader/zxing_reader.wasm": "e8af31edb56d0522f4de74495839385ef019ba8bc90d38e5ecb2f18795d86fb2",
}


class LibraryMissing(Exception):  # noqa: N818 - the answer to an installation that cannot publish
    """The QR reader is not installed, or is another one than this page was made with."""


def page_files(library: Path = LIBRARY) -> dict[str, bytes]:
    """Give the page's files by their names below the published folder.

    Raises:
        LibraryMissing: naming the file.
    """
    own = {
        entry.name: entry.read_bytes() for entry in (files("konbini.verifier") / "page").iterdir() if entry.is_file()
    }
    return own | {f"zxing/{name}": _library_file(library, name) for name in _DIGESTS}


def published_json(*, authority: bytes, issuers: str, statuses: Sequence[str]) -> bytes:
    """Give what the page is told of its surroundings.

    Args:
        authority: the directory authority's point, which the page believes.
        issuers: where the issuer list stands, below the published folder.
        statuses: where the status lists stand.
    """
    told = {
        "authority": authority.hex(),
        "issuers": issuers,
        "statuses": list(statuses),
        "items": {str(int(item)): list(label) for item, label in LABELS.items()},
        "kinds": {str(int(kind)): list(label) for kind, label in KINDS.items()},
        "scopes": {str(int(scope)): list(label) for scope, label in SCOPES.items()},
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _library_file(library: Path, name: str) -> bytes:
    try:
        data = (library / name).read_bytes()
    except OSError as error:
        raise LibraryMissing(f"{name} of zxing-wasm is not installed; requirements/install.sh does it") from error
    if hashlib.sha256(data).hexdigest() != _DIGESTS[name]:
        raise LibraryMissing(f"{name} of zxing-wasm is not the one that this page was made with")
    return data

"""`konbini publish`: a ward's signed lists and the verification page, as static files for somebody to carry to a host.

Owns: the command line, and how the files are written: each whole or not at all, the lists before the page that names
them. Nothing of a resident is in them: two bits for each paper, by its place.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from konbini.process.clock import Clock, SystemClock, to_seconds
from konbini.process.config import ConfigRefused
from konbini.process.rows import CANNOT_OPEN
from konbini.protocol.errors import Refused
from konbini.verifier.page_files import LibraryMissing, page_files, published_json
from konbini.ward_server.publishing.config import read_config
from konbini.ward_server.publishing.publishing import ISSUERS, publish_lists

__all__ = ["publish"]

_REFUSED = 1


def publish(given: Sequence[str], clock: Clock | None = None) -> int:
    """Publish; 1 with a sentence where something does not agree or cannot be read, and then nothing was written.

    Where the folder cannot be written it is 1 too, and each file there is the old one or the new one, whole.
    """
    read = _parser().parse_args(given)
    try:
        config = read_config(read.config)
        lists = publish_lists(config, to_seconds((clock or SystemClock()).now()), read.out)
        told = published_json(authority=config.authority, issuers=ISSUERS, statuses=lists.status_names)
        files = {**lists.files, **page_files(), "published.json": told}
        _write(read.out, files)
        _remove(read.out, lists.ended)
    except (Refused, ConfigRefused, LibraryMissing, OSError, ValueError, *CANNOT_OPEN) as error:
        sys.stderr.write(f"konbini publish: {error}\n")
        return _REFUSED
    sys.stdout.write(f"{len(files)} files in {read.out}, {len(lists.status_names)} status lists\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="konbini publish",
        description="Write the ward's signed lists and the verification page, for a public host.",
        epilog="Give the folder that holds what was published last: what was final there must still be.",
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="its configuration, TOML")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the published folder")
    return parser


def _remove(folder: Path, ended: Sequence[str]) -> None:
    """Remove the files of days whose time is over."""
    for name in ended:
        for path in (folder / name).iterdir():
            path.unlink()
        (folder / name).rmdir()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.new")
        fresh.write_bytes(data)
        fresh.replace(place)

"""The town's files: written whole or not at all, open to nobody but their owner."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write", "write_once"]


def write(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, in the place of one that may be there; its folder is there.

    Raises:
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def write_once(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 unless one is there: of two who write at once, one's content stays whole.

    Raises:
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
    finally:
        fresh.unlink(missing_ok=True)

"""Writes each target's genuine inputs into the corpus.

    python -m tests.fuzz.seeding [NAME ...]

Files are named by what is in them, so that what is there already is written again as it was.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tests.fuzz.targets import CORPUS, TARGETS, load

__all__ = ["keep"]

_DIGITS = 12


def keep(folder: Path, data: bytes) -> Path:
    """Write an input into a folder of inputs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:_DIGITS]
    path.write_bytes(data)
    return path


def main() -> None:
    """Make the seeds, and feed each once."""
    for name in sys.argv[1:] or TARGETS:
        target = load(name)
        for seed in target.seeds():
            keep(CORPUS / name, seed)
            target.run(seed)
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()

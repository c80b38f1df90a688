"""Rotates a registry's lookup key, and ends itself with SIGKILL at an edge of the commit; run by the tests.

lookup_child.py CONFIG NEW EDGE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from konbini.commands.lookup_key import rotation_of
from konbini.process.clock import SystemClock
from konbini.ward_server.keeping.lookup_rotation import rotate_lookup_key
from tests.crashing import Crash


async def main() -> None:
    """Rotate once."""
    migrations, address, rehash, rotation = rotation_of(
        "registry", Path(sys.argv[1]), Path(sys.argv[2]), ("aoki", "bando")
    )
    await rotate_lookup_key(
        migrations, address, rehash, rotation, SystemClock(), watch=Crash(sys.argv[3], step="rotate")
    )


if __name__ == "__main__":
    asyncio.run(main())

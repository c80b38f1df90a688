"""A log in a folder, as a ward publishes it, with everything that somebody might do to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.protocol.merkle import leaf_hash, root_of
from konbini.protocol.tlog.checkpoints import Checkpoint
from konbini.protocol.tlog.commitments import commit_to, write_bundle
from konbini.protocol.tlog.notes import Note, NoteSigner, SignatureType
from konbini.protocol.tlog.tiles import TILE, tile_name, tiles_of

ORIGIN = "konbini/131997/issuing"
LOG = NoteSigner(ORIGIN, SignatureType.ED25519, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = NoteSigner(
    "konbini/center/witness", SignatureType.COSIGNATURE, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
)
POLICY = f"# a comment\nlog {LOG.key} https://logs.example/\nwitness center {WITNESS.key}\nquorum center\n"
SEEN_AT = 1_795_000_000


def salt_of(position: int, salt: bytes = b"") -> bytes:
    """Give the salt of an entry."""
    return hashlib.sha256(b"salt %d" % position + salt).digest()


def entry_of(position: int) -> bytes:
    """Give what an entry says."""
    return b"entry %d" % position


def commitment(position: int, salt: bytes = b"") -> bytes:
    """Give the leaf of an entry; another salt makes another log."""
    return commit_to(salt_of(position, salt), entry_of(position))


def signed(leaves: Sequence[bytes], *, signer: NoteSigner = LOG, cosigned: bool = True) -> Note:
    """Sign the tree over some commitments."""
    root = root_of(map(leaf_hash, leaves))
    text = Checkpoint(origin=ORIGIN, size=len(leaves), root=root).text
    lines = (signer.sign(text), *((WITNESS.sign(text, SEEN_AT),) if cosigned else ()))
    return Note(text=text, signatures=lines)


@dataclass
class Folder:
    """A published folder with one log."""

    root: Path
    leaves: list[bytes] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """The log's own folder."""
        return self.root / "log" / "issuing"

    def publish(self, leaves: Sequence[bytes], note: Note | None = None) -> None:
        """Write a log of these commitments, honestly."""
        self.leaves = list(leaves)
        self.write_tiles(leaves)
        self.write_bundles(leaves)
        self.write_checkpoint(note or signed(leaves))

    def write_checkpoint(self, note: Note) -> None:
        """Write a checkpoint, and keep it beside those of before."""
        size = Checkpoint.of(note).size
        for name in ("checkpoint", f"checkpoints/{size}"):
            self.put(name, note.to_bytes())

    def write_tiles(self, leaves: Sequence[bytes]) -> None:
        """Write all tiles over some commitments."""
        for level, number, width in tiles_of(len(leaves)):
            span = TILE**level
            hashes = [
                root_of(map(leaf_hash, leaves[place * span : (place + 1) * span]))
                for place in range(number * TILE, number * TILE + width)
            ]
            self.put(tile_name(level, number, width), b"".join(hashes))

    def write_bundles(self, leaves: Sequence[bytes]) -> None:
        """Write all bundles of some commitments, as many in each as there are; a longer last one stays one file."""
        size = len(self.leaves)
        for number in range(-(-size // TILE)):
            last = number == -(-size // TILE) - 1
            part = leaves[number * TILE :] if last else leaves[number * TILE : (number + 1) * TILE]
            self.put(tile_name("entries", number, min(TILE, size - number * TILE)), write_bundle(part))

    def put(self, name: str, data: bytes) -> None:
        """Write one file."""
        path = self.log / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def change(self, name: str, change: Callable[[bytearray], None]) -> None:
        """Change one file."""
        data = bytearray((self.log / name).read_bytes())
        change(data)
        (self.log / name).write_bytes(data)

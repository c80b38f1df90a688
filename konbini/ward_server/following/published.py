"""What a ward published of its own logs, as a witness of its stores that is there while the registry is away.

The registry finds a follower's store that was restored from a backup. While it is away nothing of that is found: two
stores that were restored from backups of one night agree with each other. `konbini publish` puts a signed checkpoint of
both logs on a public host; whoever brings the newest one back to this machine gives each process a witness of its own.

It counts where it was published in the life of this store: a checkpoint from before two persons said that the store was
restored is of a log that ended.

Limits: what was written after the newest checkpoint has no such witness. A checkpoint that lies beside the store and is
put back with it says nothing: it is fetched anew (docs/runbooks/outage.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from konbini.pdf.paper_seal.issuers import IssuerList, KeyUse
from konbini.process.config import Table
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.checkpoints import Checkpoint, Checkpoints

__all__ = ["PublishedPaths", "PublishedWitness", "Witnessed", "read_published"]

_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPaths:
    """Where the published files are kept on this machine: the checkpoints of the logs, and the issuer list."""

    checkpoints: Path
    issuers: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """What was published of one log, and when (Unix milliseconds)."""

    log: Checkpoint
    moment: int


def read_published(table: Table) -> PublishedPaths | None:
    """Take `published` and `issuers` of a process's configuration, where they stand.

    Raises:
        ConfigRefused: naming the place; one without the other.
    """
    if not table.has("published"):
        return None
    return PublishedPaths(checkpoints=table.path("published"), issuers=table.path("issuers"))


class PublishedWitness:
    """The newest published checkpoint of one process's log.

    Args:
        paths: the files.
        authority: the directory authority's key, under which the issuer list stands.
        municipality: whose logs.
        process: whose of them.
    """

    def __init__(self, paths: PublishedPaths, authority: VerifyingKey, municipality: str, process: str) -> None:
        self._paths = paths
        self._authority = authority
        self._municipality = municipality
        self._process = process

    def last(self) -> Witnessed | None:
        """Read it; None where nothing is there yet.

        Raises:
            Refused: `SIGNATURE_INVALID`, `PAPER_KEY_UNKNOWN`, `MALFORMED`: it is not what this ward published.
            OSError: it cannot be read.
        """
        if not self._paths.checkpoints.exists():
            return None
        signed = self._paths.checkpoints.read_bytes()
        issuers = IssuerList.open(self._paths.issuers.read_bytes(), self._authority, newest_seen=0)
        listed = issuers.key(Checkpoints.key_id_of(signed), KeyUse.STATUS)
        if listed.municipality != self._municipality:
            raise Refused(Code.PAPER_KEY_UNKNOWN, f"checkpoints signed for {listed.municipality}")
        told = Checkpoints.open(signed, VerifyingKey(listed.point), self._municipality)
        found = (log for log in told.logs if log.process == self._process)
        return next((Witnessed(log=log, moment=told.moment * _MILLISECONDS) for log in found), None)

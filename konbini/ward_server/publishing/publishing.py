"""Makes a ward's published lists from its stores, and holds them against what was published before.

1. the clerk's places, then the outcomes of `issuing`, each at one moment; 2. statuses by incarnation; 3. nothing that
was final has turned back, and each log goes on from its published checkpoint, or two persons said that it was restored;
4. signed with the status key, which must be on the issuer list for this ward today; 5. the logs themselves, as their
processes signed them. All or nothing: what raises has written nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from konbini.pdf.paper_seal.issuers import IssuerList, KeyUse
from konbini.pdf.paper_seal.status import StatusList
from konbini.process.secret_files import read_signing_key
from konbini.process.stores import look_once
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.protocol.trust import WardDirectory
from konbini.ward_server.audit.checkpoints import (
    Checkpoint,
    Checkpoints,
    EndedList,
    EndedLog,
    checkpoint,
    follows,
)
from konbini.ward_server.clerk.store import places
from konbini.ward_server.issuing.ledger.outcomes import outcomes
from konbini.ward_server.issuing.ledger.withdrawals import withdrawn
from konbini.ward_server.publishing.config import PublishingConfig
from konbini.ward_server.publishing.logs import published_log, stamped_files, witnessed_files
from konbini.ward_server.publishing.restorations import Restorations, read_restorations
from konbini.ward_server.publishing.statuses import check_not_back, going_on, statuses
from konbini.ward_server.publishing.visit_files import days_ended, entries_by_visit, visit_files, visits_of

__all__ = ["CHECKPOINTS", "DIRECTORY", "ISSUERS", "STATUS_FOLDER", "Published", "publish_lists"]

ISSUERS: Final = "issuers.list"
DIRECTORY: Final = "wards.directory"
CHECKPOINTS: Final = "log.checkpoints"
STATUS_FOLDER: Final = "status"
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The lists as files, by their names below the published folder.

    Attributes:
        files: what is new or has changed.
        status_names: those of status lists.
        ended: folders of which nothing is to stay.
    """

    files: Mapping[str, bytes]
    status_names: tuple[str, ...]
    ended: tuple[str, ...]


def publish_lists(config: PublishingConfig, moment: int, before: Path) -> Published:
    """Make the lists.

    Args:
        config: where stores, key and lists are.
        moment: now, Unix seconds.
        before: the folder that holds what was published last; it may be empty or not there.

    Raises:
        Refused: the ledgers or logs do not agree with each other or with what was published, or the key may not sign.
        OSError, ValueError, NotOpened, sqlite3.Error: a store or a file cannot be used.
    """
    authority = VerifyingKey(config.authority)
    listed, directory = config.issuers.read_bytes(), config.directory.read_bytes()
    issuers = IssuerList.open(listed, authority, newest_seen=_seen(before, authority))
    WardDirectory.open(directory, authority, newest_seen=0)
    key = read_signing_key(config.status_key)
    _check_key(issuers, key, config.ward, moment)
    published = _published_lists(config, issuers, before)
    logs = _checkpoints(config, key, moment, before, published)
    status = _status_lists(config, key, moment, published, logs)
    files = status | {ISSUERS: listed, DIRECTORY: directory, CHECKPOINTS: logs.sign(key)} | _logs(config, before)
    ended = look_once(config.issuing, partial(days_ended, before=before))
    return Published(files=files, status_names=tuple(status), ended=ended)


def _logs(config: PublishingConfig, before: Path) -> dict[str, bytes]:
    """Give the logs' files, and those of the visits that are new in them; the clerk's log before that of `issuing`."""
    files: dict[str, bytes] = {}
    entries = []
    for store in (config.registry, config.console, config.clerk, config.issuing):
        log = None if store is None else look_once(store, partial(published_log, before=before))
        if store is None or log is None:
            continue
        files |= log.files
        files |= look_once(config.issuing, partial(stamped_files, log=log, before=before))
        if store in (config.clerk, config.issuing):
            entries.append(look_once(store, partial(entries_by_visit, log=log)))
    visits = look_once(config.issuing, partial(visits_of, visits={visit for log in entries for visit in log}))
    return files | visit_files(visits, entries, before) | look_once(config.issuing, witnessed_files)


def _seen(before: Path, authority: VerifyingKey) -> int:
    """Give the version that was published last, so that none goes back."""
    published = before / ISSUERS
    return IssuerList.open(published.read_bytes(), authority, newest_seen=0).version if published.exists() else 0


def _check_key(issuers: IssuerList, key: SigningKey, ward: str, moment: int) -> None:
    listed = issuers.key(key.verifying.key_id, KeyUse.STATUS)
    if listed.municipality != ward:
        raise Refused(Code.PAPER_KEY_UNKNOWN, f"the issuer list names the status key for {listed.municipality}")
    listed.check_in_force(datetime.fromtimestamp(moment, JAPAN).date())


def _published_lists(config: PublishingConfig, issuers: IssuerList, before: Path) -> dict[int, StatusList]:
    """Give the lists that were published last, by incarnation."""
    found = (before / STATUS_FOLDER).glob(f"{config.ward}-?.list")
    lists = (StatusList.open(path.read_bytes(), issuers) for path in sorted(found))
    return {one.incarnation: one for one in lists}


def _status_lists(
    config: PublishingConfig, key: SigningKey, moment: int, published: Mapping[int, StatusList], logs: Checkpoints
) -> dict[str, bytes]:
    ended = {one.incarnation: one.count for log in sorted(logs.ended, key=lambda log: log.moment) for one in log.lists}
    listed = look_once(config.clerk, places)
    settled = look_once(config.issuing, outcomes)
    found = statuses(listed, settled, look_once(config.issuing, withdrawn), frozenset(ended))
    made = {}
    for incarnation in sorted(found.keys() | published.keys()):
        now, before = found.get(incarnation, ()), published.get(incarnation)
        if before is not None:
            now = going_on(before, now, ended.get(incarnation, 0))
            check_not_back(before, now)
        made[f"{STATUS_FOLDER}/{config.ward}-{incarnation}.list"] = StatusList.of(
            now,
            key_id=key.verifying.key_id,
            municipality=config.ward,
            incarnation=incarnation,
            issued=moment,
            expires=moment + config.hours * _HOUR,
        ).sign(key)
    return made


def _checkpoints(
    config: PublishingConfig, key: SigningKey, moment: int, before: Path, published: Mapping[int, StatusList]
) -> Checkpoints:
    known: dict[str, Checkpoint] = {}
    ended: list[EndedLog] = []
    told = 0
    if (before / CHECKPOINTS).exists():
        last = Checkpoints.open((before / CHECKPOINTS).read_bytes(), key.verifying, config.ward)
        known, told = {one.process: one for one in last.logs}, last.moment
        ended += last.ended
    restorations = Restorations() if config.restorations is None else read_restorations(config.restorations)
    logs = []
    for process, store in (("clerk", config.clerk), ("issuing", config.issuing)):
        held = known.get(process)
        if held is not None and not look_once(store, partial(follows, before=held)):
            look_once(store, partial(restorations.check, before=held, told=told))
            ended.append(_ended(held, told, published))
        logs.append(look_once(store, partial(checkpoint, process=process)))
    return Checkpoints(
        key_id=key.verifying.key_id, municipality=config.ward, moment=moment, logs=tuple(logs), ended=tuple(ended)
    )


def _ended(held: Checkpoint, moment: int, published: Mapping[int, StatusList]) -> EndedLog:
    lists = tuple(EndedList(incarnation=one.incarnation, count=one.count) for one in published.values())
    return EndedLog(process=held.process, entries=held.entries, root=held.root, moment=moment, lists=lists)

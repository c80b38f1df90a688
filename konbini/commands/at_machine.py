"""What commands share that open a process's store at its machine: whose store it is, and how such a command ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.config import ConfigRefused
from konbini.process.rows import CANNOT_OPEN, NotStored
from konbini.process.stores import StoreAddress
from konbini.protocol.errors import Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.clerk import config as clerk_config
from konbini.ward_server.clerk import kept as clerk_kept
from konbini.ward_server.issuing import config as issuing_config
from konbini.ward_server.issuing import kept as issuing_kept
from konbini.ward_server.keeping.kept_store import KeptStore
from konbini.ward_server.residents import config as registry_config
from konbini.ward_server.residents import kept as registry_kept
from konbini.ward_server.signed_acts import events
from konbini.ward_server.signed_acts.config import OperatorsConfig
from konbini.ward_server.signed_acts.events import SignedEvents

__all__ = ["REFUSED", "Configured", "add_process", "configured", "ended"]

REFUSED: Final = 1
_CANNOT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A process as its configuration describes it.

    Attributes:
        kept: its store.
        address: where that is.
        ward: the municipality code.
        operators: how it takes operators' acts.
        signed: under which events it records them.
        settings: its file of settings; None where it has none.
        settings_taken: under which event the taking of that file is recorded.
    """

    kept: KeptStore
    address: StoreAddress
    ward: str
    operators: OperatorsConfig
    signed: SignedEvents
    settings: Path | None
    settings_taken: AuditEvent


def add_process(command: argparse.ArgumentParser) -> None:
    """Describe the options by which a command is told whose store it opens."""
    command.add_argument("--process", choices=sorted(_READ), required=True, help="whose store it is")
    command.add_argument("--config", type=Path, required=True, metavar="FILE", help="its configuration")


def configured(read: argparse.Namespace) -> Configured:
    """Read the configuration that was named.

    Raises:
        ConfigRefused, OSError, ValueError: it cannot be used.
    """
    return _READ[read.process](read.config.absolute())


def ended(act: Callable[[], int]) -> int:
    """Carry out what opens a store; 1 and a sentence where it is refused, 2 and one where it cannot be done."""
    try:
        return act()
    except Refused as refused:
        sys.stderr.write(f"refused: {refused.code.name} {refused.detail}".rstrip() + "\n")
        return REFUSED
    except (ConfigRefused, NotStored, ValueError, OSError, *CANNOT_OPEN) as error:
        sys.stderr.write(f"not done: {error or type(error).__name__}\n")
        return _CANNOT


def _registry(path: Path) -> Configured:
    config = registry_config.read_config(path)
    return Configured(
        kept=registry_kept.KEPT,
        address=config.store,
        ward=config.municipality,
        operators=config.operators,
        signed=events.REGISTRY,
        settings=config.settings,
        settings_taken=AuditEvent.REGISTRY_SETTINGS_TAKEN,
    )


def _issuing(path: Path) -> Configured:
    config = issuing_config.read_config(path)
    return Configured(
        kept=issuing_kept.KEPT,
        address=config.store,
        ward=config.ward,
        operators=config.operators,
        signed=events.ISSUING,
        settings=config.settings,
        settings_taken=AuditEvent.ISSUING_SETTINGS_TAKEN,
    )


def _clerk(path: Path) -> Configured:
    config = clerk_config.read_config(path)
    return Configured(
        kept=clerk_kept.KEPT,
        address=config.store,
        ward=config.ward,
        operators=config.operators,
        signed=events.CLERK,
        settings=config.settings,
        settings_taken=AuditEvent.CLERK_SETTINGS_TAKEN,
    )


_READ: Final[dict[str, Callable[[Path], Configured]]] = {
    "registry": _registry,
    "issuing": _issuing,
    "clerk": _clerk,
}

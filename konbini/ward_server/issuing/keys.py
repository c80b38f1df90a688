"""Where the wrapped data keys of the issuing copy stand, and their rotation."""

from __future__ import annotations

from typing import Final

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.issuing.config import IssuingConfig, read_config
from konbini.ward_server.keeping.rotation import KeyRotation, RotationEvents, Wrapping
from konbini.ward_server.keeping.wrapped_keys import WrappedKeys
from konbini.ward_server.storage.key_files import read_key_encryption_keys
from konbini.ward_server.storage.sealing import Sealer

__all__ = ["WRAPPED_KEYS", "key_rotation"]

WRAPPED_KEYS: Final = (WrappedKeys(table="data_key", key=("resident",)),)
_EVENTS: Final = RotationEvents(
    begun=AuditEvent.ISSUING_KEY_ROTATION_BEGUN,
    went_on=AuditEvent.ISSUING_KEY_ROTATION_WENT_ON,
    done=AuditEvent.ISSUING_KEY_ROTATION_DONE,
)


def key_rotation(rows: Rows, sealer: Sealer, config: IssuingConfig, clock: Clock) -> KeyRotation:
    """Give the rotation of the copy's key-encryption keys."""
    return KeyRotation(
        rows,
        (
            Wrapping(
                name="personal",
                sealer=sealer,
                columns=WRAPPED_KEYS,
                read=lambda: read_key_encryption_keys(read_config(config.file).personal_keys),
            ),
        ),
        _EVENTS,
        clock,
    )

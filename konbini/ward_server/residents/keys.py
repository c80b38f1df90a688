"""Where the registry's wrapped data keys stand, and their rotation."""

from __future__ import annotations

from typing import Final

from konbini.process.clock import Clock
from konbini.process.rows import Rows
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.keeping.rotation import KeyRotation, RotationEvents, Wrapping
from konbini.ward_server.keeping.wrapped_keys import WrappedKeys
from konbini.ward_server.residents.config import RegistryConfig, read_config
from konbini.ward_server.residents.sealed_rows import Vault
from konbini.ward_server.storage.key_files import read_key_encryption_keys

__all__ = ["NUMBER_KEYS", "PERSONAL_KEYS", "WRAPPED_KEYS", "key_rotation"]

PERSONAL_KEYS: Final = (WrappedKeys(table="data_key", key=("resident",)),)
"""Of residents, and of what is kept apart from any resident (docs/retention.md)."""
NUMBER_KEYS: Final = (
    WrappedKeys(table="individual_number", key=("resident", "commitment")),
    WrappedKeys(
        table="pending_number",
        key=("change_id",),
        whose="(SELECT change.resident FROM change WHERE change.change_id = pending_number.change_id)",
    ),
)
"""Of individual numbers alone."""
WRAPPED_KEYS: Final = (*PERSONAL_KEYS, *NUMBER_KEYS)
"""All of them."""
_EVENTS: Final = RotationEvents(
    begun=AuditEvent.KEY_ROTATION_BEGUN,
    went_on=AuditEvent.KEY_ROTATION_WENT_ON,
    done=AuditEvent.KEY_ROTATION_DONE,
)


def key_rotation(rows: Rows, vault: Vault, config: RegistryConfig, clock: Clock) -> KeyRotation:
    """Give the rotation of the registry's two lists of key-encryption keys."""
    return KeyRotation(
        rows,
        (
            Wrapping(
                name="personal",
                sealer=vault.personal,
                columns=PERSONAL_KEYS,
                read=lambda: read_key_encryption_keys(read_config(config.file).keys.personal),
            ),
            Wrapping(
                name="numbers",
                sealer=vault.numbers,
                columns=NUMBER_KEYS,
                read=lambda: read_key_encryption_keys(read_config(config.file).keys.numbers),
            ),
        ),
        _EVENTS,
        clock,
    )

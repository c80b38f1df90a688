"""What `issuing` holds in memory alone is in no backup of it."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from konbini.process.stores import look_once
from konbini.protocol.sealing import OpeningKey
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.issuing.kept import KEPT
from konbini.ward_server.keeping.backing_up import BackupTarget, back_up
from konbini.ward_server.keeping.backup_file import SealedReader
from konbini.ward_server.storage.sealing import wrapping_key_of
from tests.integration.ward_server.people import HEAD
from tests.integration.ward_server.ward import Ward
from tests.places import address


async def test_no_prekey_and_no_message_key_is_in_a_backup(ward: Ward) -> None:
    """Taken within a visit: neither half of a prekey, no message key, no visit's keys; what is sealed stays sealed."""
    visit = ward.visit(HEAD)
    name = (await visit.open()).given_menu.members[0].name
    await visit.order()
    folder, keys = ward.town.configs, {part: OpeningKey.generate() for part in ("rows", "keys")}
    store = address(ward.place, "issuing")
    rows, wrapped = (BackupTarget(path=folder / part, key=key.sealing) for part, key in keys.items())
    back_up(KEPT, store, ward.code, rows=rows, keys=wrapped, moment=ward.clock.now(), entropy=SeededEntropy(1))
    plain = b""
    for part, key in keys.items():
        with (folder / part).open("rb") as file:
            plain += b"".join(SealedReader(file).open(key))
    held = ward.desk.prekeys.newest
    assert held is not None
    private = held.message_key.signing._key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    secrets = [
        held.opening.to_bytes()[:64],
        held.opening.to_bytes()[64:],
        held.opening.sealing.public[-32:],
        private.private_numbers().private_value.to_bytes(32),
    ]
    assert not any(secret in plain for secret in secrets)
    assert name.encode() not in plain
    (data_key,) = look_once(store, lambda connection: connection.execute("SELECT wrapped FROM data_key").fetchone())
    assert bytes(data_key) in plain, "the control: what is in the store is found"
    assert wrapping_key_of(bytes(data_key)) in plain

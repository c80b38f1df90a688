"""Scenes of what comes after: a paper that was taken back, and a registry that was put back."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from konbini.commands.publish import publish
from konbini.commands.verify import verify
from konbini.protocol.cose import SigningKey
from konbini.ward_server.publishing.publishing import ISSUERS, STATUS_FOLDER
from tests.integration.museum.customer import Paper, text_of
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward

if TYPE_CHECKING:
    from tests.integration.museum.scenes import Scene

__all__ = ["registry_restored", "status_list_lags"]

_LIFE_MINUTES = 49 * 60
"""The town's lists hold for 48 hours."""


async def registry_restored(scene: Scene) -> int:
    """A record is changed, the registry put back to before that, and the record changed otherwise; its holder comes."""
    ward = scene.ward
    await ward.back_up("registry")
    await ward.register.rewrite(ALONE, address_detail="緑荘１号室")
    await ward.restore("registry")
    await ward.decide("registry", "restored")
    await ward.register.rewrite(ALONE, address_detail="青荘９号室")
    scene.serve()
    await scene.customer(ALONE).come()
    return sum("青荘" not in text_of(paper.pdf) for paper in scene.papers)


async def status_list_lags(scene: Scene) -> int:
    """A paper is taken back; lists are published again, and it is verified after the life of the list before."""
    ward = scene.ward
    scene.serve()
    customer = scene.customer(HEAD)
    await customer.come()
    assert customer.document is not None
    with TemporaryDirectory() as folder:
        _publish(ward, Path(folder))
        await ward.decide("issuing", "withdraw-certificate", customer.document.document.number)
        _publish(ward, Path(folder))
        await ward.set_clock(_LIFE_MINUTES)
        return sum(_verify(ward, paper, Path(folder)) == 0 for paper in scene.papers)


def _publish(ward: Ward, folder: Path) -> None:
    config = ward.town.configs / "publishing.toml"
    assert publish(["--config", str(config), "--out", str(folder)], ward.clock) == 0


def _verify(ward: Ward, paper: Paper, folder: Path) -> int:
    """Check a paper as whoever was handed it does; give the exit code."""
    path = folder / "paper.pdf"
    path.write_bytes(paper.pdf)
    (status,) = (folder / STATUS_FOLDER).iterdir()
    authority = SigningKey.from_pem((ward.town.keys / "offline/directory.key").read_bytes()).verifying
    lists = ["--issuers", str(folder / ISSUERS), "--status", str(status), "--authority", authority.point.hex()]
    return verify([str(path), *lists, "--json"], ward.clock)

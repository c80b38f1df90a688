"""Several wards under one center: towns that trust the first one's offline keys, and its kiosks, which serve them all.

Each ward keeps its own register, people, keys and card authority; what a country has once (directory and enrolment
authority, the links' authorities, the center, the kiosks) is the first town's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from konbini.issuance_center.config import CenterConfig
from konbini.kiosk.places.municipality import with_check_digit
from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.protocol.cose import SigningKey
from konbini.protocol.tls import ward_host
from konbini.protocol.trust import Enrolment, WardDirectory
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.authority import Authority, Credential
from konbini.simulation.town.pki.links import LinkAuthority
from konbini.simulation.town.town import OWN_MACHINE, Town
from konbini.simulation.town.ward import SUMIKAWA, Ward

__all__ = ["MOST_WARDS", "center_of", "unite", "ward_of"]

_LAST_CODE = 13199
MOST_WARDS = 60
"""Numbers of special wards that are assigned to none: 13140 to 13199."""
_SHARED = (
    *("keys/offline/directory.key", "keys/offline/enrolment.key"),
    *(f"keys/offline/{whose}.{kind}" for whose in ("kiosks", "wards", "center") for kind in ("pem", "key")),
    *(f"public/{whose}-authority.pem" for whose in ("kiosks", "wards", "center")),
    *("public/directory.point", "public/enrolment.point"),
    *("keys/center/ticket.key", "keys/center/link.pem", "keys/center/link.key"),
    *("keys/center/log.key", "keys/center/witness.key"),
)


def ward_of(place: int) -> Ward:
    """Give the ward at a place: 澄川区 at 0, then others that are made up too.

    Raises:
        ValueError: there are not so many numbers.
    """
    if not 0 <= place < MOST_WARDS:
        raise ValueError(f"a country has at most {MOST_WARDS} wards")
    if place == 0:
        return SUMIKAWA
    return replace(
        SUMIKAWA,
        code=with_check_digit(str(_LAST_CODE - place)),
        name=f"東京都見本{place}区",
        name_english=f"Specimen {place} City, Tokyo",
        head=f"東京都見本{place}区長",
    )


def unite(towns: Sequence[Town]) -> None:
    """Let all towns trust the first one's offline keys, kiosks and center, and stand in one directory.

    Raises:
        OSError, ValueError: a file cannot be read or written.
    """
    first, *others = towns
    entries = tuple(entry for town in towns for entry in _directory(town).wards)
    authority = _authority(first, "directory")
    directory = replace(_directory(first), wards=entries).sign(authority)
    enrolling = _authority(first, "enrolment")
    for town in others:
        issuers, own = _issuers(town), _own_machine(town)
        for place in (*_SHARED, *_of_kiosks(first)):
            write(town.root / place, (first.root / place).read_bytes())
        write(town.public / "issuers.list", issuers.sign(authority))
        write(town.public / f"{OWN_MACHINE}.enrolment", own.sign(enrolling))
        _join_link(town)
    for town in towns:
        write(town.public / "wards.directory", directory)


def center_of(configs: Sequence[CenterConfig]) -> CenterConfig:
    """Join what each town would tell a center of its own, for the one that they have."""
    first = configs[0]
    return replace(
        first,
        wards=tuple(ward for one in configs for ward in one.wards),
        log=replace(first.log, witnesses=tuple(key for one in configs for key in one.log.witnesses)),
        witness=replace(first.witness, logs=tuple(key for one in configs for key in one.witness.logs)),
    )


def _of_kiosks(town: Town) -> list[str]:
    """Name the files of a town's kiosks; each town has kiosks of the same names, and so their folders."""
    names = [f"public/{kiosk}.enrolment" for kiosk in town.kiosks]
    for kiosk in town.kiosks:
        folder = Path("keys/kiosks") / kiosk
        names += [str(folder / one.name) for one in sorted((town.root / folder).iterdir())]
    return names


def _join_link(town: Town) -> None:
    """Have the ward's ends of links certified by the authority that all share."""
    stem = town.keys / "offline/wards"
    authority = LinkAuthority(
        Authority.from_pem(stem.with_suffix(".pem").read_bytes(), stem.with_suffix(".key").read_bytes())
    )
    for place, credential in (
        ("issuing/link", authority.client(f"ward:{town.ward.code}", town.moment)),
        ("issuing/own-machines", authority.server(ward_host(town.ward.code), town.moment)),
    ):
        _keep(town.keys / place, credential)


def _keep(stem: Path, credential: Credential) -> None:
    write(stem.with_suffix(".pem"), credential.certificate_pem())
    write(stem.with_suffix(".key"), credential.key_pem())


def _authority(town: Town, name: str) -> SigningKey:
    return SigningKey.from_pem((town.keys / f"offline/{name}.key").read_bytes())


def _directory(town: Town) -> WardDirectory:
    content = (town.public / "wards.directory").read_bytes()
    return WardDirectory.open(content, _authority(town, "directory").verifying, newest_seen=0)


def _issuers(town: Town) -> IssuerList:
    content = (town.public / "issuers.list").read_bytes()
    return IssuerList.open(content, _authority(town, "directory").verifying, newest_seen=0)


def _own_machine(town: Town) -> Enrolment:
    content = (town.public / f"{OWN_MACHINE}.enrolment").read_bytes()
    return Enrolment.open(content, _authority(town, "enrolment").verifying)

"""Makes a town in a directory: its keys and what everybody may read. What runs it writes the configurations beside.

A town that is complete is kept; one that was half made, because whoever made it died, is made anew; a directory that
holds anything else, or a town made from something else, is left alone and refused.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tomllib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from konbini.pdf.paper_seal.issuers import IssuerKey, IssuerList, KeyUse
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.tls import ward_host
from konbini.protocol.trust import Enrolment, WardDirectory, WardEntry
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.authority import Credential, key_pem
from konbini.simulation.town.pki.cards import CardAuthority, make_ward_card_authority
from konbini.simulation.town.pki.links import LinkAuthority
from konbini.simulation.town.pki.papers import make_paper_authority, make_signing_certificate
from konbini.simulation.town.populate import FEWEST
from konbini.simulation.town.service_keys import REAL_KEYS, ServiceKeys
from konbini.simulation.town.town import LOG_KEYS, OWN_MACHINE, Town
from konbini.simulation.town.ward import SUMIKAWA, Ward
from konbini.ward_server.residents.dates import to_number

__all__ = ["ENROLMENT_SECONDS", "make_town"]

ENROLMENT_SECONDS = 365 * 24 * 3600
"""How long a kiosk's enrolment holds; the town is for so long."""
_FORMAT = 9
_COMPLETE, _BEGUN = "town.toml", ".town-begun"
_FOLDERS = (
    *("keys", "keys/cards", "keys/cards/stock", "keys/cards/foreign-stock", "keys/cards/ward-stock"),
    *("keys/offline", "keys/center"),
    *("keys/registry", "keys/issuing", "keys/clerk", "keys/console", "keys/publishing", "keys/kiosks"),
    *("public", "configs", "data", "run"),
)
_SECRET_BYTES = 32
_PAPER_SEAL_LIFE = dt.timedelta(days=3 * 365)


def make_town(  # noqa: PLR0913 - what a town is made from, all named
    directory: Path,
    clock: Clock,
    entropy: Entropy,
    *,
    seed: int,
    residents: int = 10_000,
    kiosks: int = 1,
    ward: Ward = SUMIKAWA,
    service_keys: ServiceKeys = REAL_KEYS,
) -> Town:
    """Make a town, or find the one that stands there already.

    Args:
        directory: made if it is not there; sockets go below it, so its path should be short.
        clock: the lives of the keys begin around its time.
        entropy: of the symmetric keys; key pairs come from the operating system's.
        seed: of the people.
        residents: how many.
        kiosks: how many, named K-0001 and on.
        ward: whose town it is.
        service_keys: makes what services sign and open with; nothing of a town that is kept says which.

    Raises:
        ValueError: the directory holds something else, or the town there is another or older than its enrolments.
        OSError: a file cannot be written or read.
    """
    names = tuple(f"K-{number:04d}" for number in range(1, kiosks + 1))
    now = to_seconds(clock.now())
    wanted = Town(root=directory, ward=ward, moment=now, seed=seed, residents=residents, kiosks=names)
    if residents < FEWEST or not names:
        raise ValueError(f"a town has at least {FEWEST} residents and a kiosk")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (directory / _COMPLETE).exists():
        return _kept(wanted)
    _clear(directory)
    _Making(wanted, entropy, service_keys).all()
    return wanted


def _kept(wanted: Town) -> Town:
    found = tomllib.loads((wanted.root / _COMPLETE).read_text("utf-8"))
    if found != _description(wanted, found["moment"]):
        raise ValueError(f"another town stands in {wanted.root}")
    if not found["moment"] <= wanted.moment < found["moment"] + ENROLMENT_SECONDS:
        raise ValueError(f"the town in {wanted.root} is too old, or not of this time")
    return Town(
        root=wanted.root,
        ward=wanted.ward,
        moment=found["moment"],
        seed=wanted.seed,
        residents=wanted.residents,
        kiosks=wanted.kiosks,
    )


def _description(town: Town, moment: int) -> dict[str, object]:
    return {
        "format": _FORMAT,
        "ward": town.ward.code,
        "moment": moment,
        "seed": town.seed,
        "residents": town.residents,
        "kiosks": list(town.kiosks),
    }


def _clear(directory: Path) -> None:
    """Remove what is left of a town that was begun; refuse to touch anything else."""
    begun = directory / _BEGUN
    if not begun.exists():
        if any(directory.iterdir()):
            raise ValueError(f"{directory} holds something that is no town")
        begun.touch(mode=0o600)
    for folder in ("keys", "public", "configs", "data", "run"):
        if (directory / folder).exists():
            shutil.rmtree(directory / folder)
    for folder in _FOLDERS:
        (directory / folder).mkdir(mode=0o700)


def _policy(town: Town) -> str:
    """Say whose checkpoints count, and whose co-signatures they need (C2SP tlog-policy)."""
    logs = [town.vkey(f"{process}/log.key") for process in ("registry", "issuing", "clerk", "console")]
    lines = [*(f"log {key}" for key in logs), f"witness center {town.vkey('center/witness.key')}", "quorum center"]
    return "".join(f"{line}\n" for line in lines)


class _Making:
    """Makes one town; each method makes what belongs together."""

    def __init__(self, town: Town, entropy: Entropy, service_keys: ServiceKeys) -> None:
        self._service_keys = service_keys
        self._town = town
        self._entropy = entropy
        self._keys = town.keys
        self._public = town.public

    def all(self) -> None:
        """Make everything, the description last."""
        self._cards()
        self._links()
        self._papers_and_directory()
        self._enrolments()
        self._ward()
        self._signing_key("center/ticket.key")
        for place in LOG_KEYS:
            write(self._keys / place, key_pem(Ed25519PrivateKey.generate()))
        write(self._public / "logs.policy", _policy(self._town).encode())
        description = _description(self._town, self._town.moment)
        lines = [f"{key} = {json.dumps(value)}" for key, value in description.items()]
        write(self._town.root / _COMPLETE, "\n".join([*lines, ""]).encode())
        (self._town.root / _BEGUN).unlink()

    def _cards(self) -> None:
        moment = self._town.moment
        authority = CardAuthority.make(moment, "Sumikawa")
        self._credential("cards/authority", authority.authority)
        self._credential("cards/foreign", CardAuthority.make(moment, "elsewhere").authority)
        self._credential("cards/responder", authority.make_responder(moment))
        write(self._public / "card-authority.der", authority.authority.certificate_der())
        write(self._public / "card-authority.pem", authority.authority.certificate_pem())
        ward_cards = make_ward_card_authority(self._town.ward, moment)
        self._credential("offline/ward-cards", ward_cards)
        write(self._public / "ward-card-authority.der", ward_cards.certificate_der())

    def _links(self) -> None:
        town = self._town
        kiosks, wards, center = (LinkAuthority.make(town.moment, whose) for whose in ("kiosks", "wards", "center"))
        for whose, authority in (("kiosks", kiosks), ("wards", wards), ("center", center)):
            self._credential(f"offline/{whose}", authority.authority)
            write(self._public / f"{whose}-authority.pem", authority.authority.certificate_pem())
        self._credential("center/link", center.server("center", town.moment))
        self._credential("issuing/link", wards.client(f"ward:{town.ward.code}", town.moment))
        self._credential("issuing/own-machines", wards.server(ward_host(town.ward.code), town.moment))
        for kiosk in (*town.kiosks, OWN_MACHINE):
            (self._keys / "kiosks" / kiosk).mkdir(mode=0o700)
            self._credential(f"kiosks/{kiosk}/link", kiosks.client(f"kiosk:{kiosk}", town.moment))

    def _papers_and_directory(self) -> None:
        town = self._town
        papers = make_paper_authority(town.ward, town.moment)
        self._credential("offline/papers", papers)
        write(self._public / "papers-authority.pem", papers.certificate_pem())
        self._credential("clerk/document", make_signing_certificate(papers, town.ward, town.moment))
        entry = WardEntry(
            ward=town.ward.code,
            name=town.ward.name,
            name_english=town.ward.name_english,
            identity=self._signing_key("registry/identity.key").point,
            paper_authorities=(papers.certificate_der(),),
        )
        directory = WardDirectory(version=1, issued=town.moment, wards=(entry,))
        authority = self._offline("directory")
        write(self._public / "wards.directory", directory.sign(authority))
        write(self._public / "issuers.list", self._issuers().sign(authority))

    def _issuers(self) -> IssuerList:
        """List the clerk's paper-seal key and the key for status lists."""
        town = self._town
        keys = tuple(
            IssuerKey(
                municipality=town.ward.code,
                name=town.ward.name,
                name_english=town.ward.name_english,
                use=use,
                point=self._signing_key(place).point,
                begins=to_number(town.today - dt.timedelta(days=1)),
                ends=to_number(town.today + _PAPER_SEAL_LIFE),
            )
            for use, place in (
                (KeyUse.PAGES, "clerk/paper-seal.key"),
                (KeyUse.STATUS, "publishing/status.key"),
            )
        )
        expires = town.moment + ENROLMENT_SECONDS
        return IssuerList(version=1, issued=town.moment, expires=expires, keys=keys)

    def _enrolments(self) -> None:
        town = self._town
        authority = self._offline("enrolment")
        for kiosk in (*town.kiosks, OWN_MACHINE):
            device, opening = self._signing_key(f"kiosks/{kiosk}/device.key"), self._service_keys.opening()
            write(self._keys / "kiosks" / kiosk / "device.sealing", opening.to_bytes())
            enrolment = Enrolment(
                kiosk=kiosk,
                operator=town.ward.code if kiosk == OWN_MACHINE else "Test shops of konbini",
                signing=device.point,
                sealing=opening.sealing.public,
                begins=town.moment - 24 * 3600,
                ends=town.moment + ENROLMENT_SECONDS,
            )
            write(self._public / f"{kiosk}.enrolment", enrolment.sign(authority))

    def _ward(self) -> None:
        self._signing_key("registry/record.key")
        for folder in ("issuing", "clerk", "console"):
            self._signing_key(f"{folder}/disposals.key")
        handle = self._entropy.token(_SECRET_BYTES)
        for folder in ("issuing", "clerk"):
            write(self._keys / folder / "handle.key", handle)
        for place in ("registry/personal-1", "registry/numbers-1", "registry/given", "issuing/personal-1"):
            write(self._keys / f"{place}.key", self._entropy.token(_SECRET_BYTES))
        for folder in ("registry", "issuing", "clerk", "console"):
            write(self._keys / folder / "lookup.key", self._entropy.token(_SECRET_BYTES))

    def _offline(self, name: str) -> SigningKey:
        """Make a key that no process holds, and its public half for those who check."""
        verifying = self._signing_key(f"offline/{name}.key")
        write(self._public / f"{name}.point", verifying.point.hex().encode("ascii"))
        return SigningKey.from_pem((self._keys / "offline" / f"{name}.key").read_bytes())

    def _signing_key(self, place: str) -> VerifyingKey:
        pem = self._service_keys.signing_file()
        write(self._keys / place, pem)
        return SigningKey.from_pem(pem).verifying

    def _credential(self, stem: str, credential: Credential) -> None:
        path = self._keys / stem
        write(path.with_suffix(".pem"), credential.certificate_pem())
        write(path.with_suffix(".key"), credential.key_pem())

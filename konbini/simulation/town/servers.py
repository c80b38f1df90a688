"""Several servers of `issuing` of one ward: a link of its own for each, certified as the center knows it."""

from __future__ import annotations

from collections.abc import Sequence

from konbini.protocol.tls import TlsFiles
from konbini.simulation.town.files import write
from konbini.simulation.town.pki.authority import Authority
from konbini.simulation.town.pki.links import LinkAuthority
from konbini.simulation.town.town import Town

__all__ = ["certify_servers", "link_of"]


def certify_servers(town: Town, servers: Sequence[str]) -> None:
    """Certify the links of a ward's servers, as far as they have none yet.

    Raises:
        OSError, ValueError: a file cannot be read or written.
    """
    stem = town.keys / "offline/wards"
    certificate, key = (stem.with_suffix(kind).read_bytes() for kind in (".pem", ".key"))
    authority = LinkAuthority(Authority.from_pem(certificate, key))
    for server in servers:
        files = link_of(town, server)
        if files.key.exists():
            continue
        credential = authority.client(f"ward:{town.ward.code}:{server}", town.moment)
        write(files.certificate, credential.certificate_pem())
        write(files.key, credential.key_pem())


def link_of(town: Town, server: str) -> TlsFiles:
    """Give the files with which one server dials the center."""
    return TlsFiles(
        certificate=town.keys / f"issuing/link-{server}.pem",
        key=town.keys / f"issuing/link-{server}.key",
        authority=town.public / "center-authority.pem",
    )

"""TLS 1.3 and nothing else, both ends with a certificate, under an authority of our own.

Owns the two contexts of the links (kiosk or ward dials, the center answers; a ward's own machine dials the ward) and
the reading of the peer's name. A name stands in the certificate as its one subject alternative name: `DNS:center`,
`URI:kiosk:K-0001`, `URI:ward:999999`, and `DNS:ward-999999` where a ward answers its own machines. Whether a peer is
wanted is a configured list's word, never the authority's alone.

Invariants: no root of the system is believed; no session is resumed, so that every connection shows a certificate;
no key is ever written to a file that the environment names (SSLKEYLOGFILE).
Limits: revocation is the configured list. Sources: RFC 8446, RFC 5280 section 4.2.1.6.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from konbini.protocol.errors import Code, Refused

__all__ = [
    "TlsFiles",
    "client_context",
    "expect_name",
    "expect_peer",
    "peer_name",
    "server_context",
    "the_one_name",
    "ward_host",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files: one's own certificate chain and key, and the one authority that is believed about others."""

    certificate: Path
    key: Path
    authority: Path


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Make the context of whoever dials; the server's DNS name is compared by the handshake itself.

    Raises:
        OSError, ssl.SSLError: a file is missing or holds something else.
        ValueError: the authority's file holds no authority.
    """
    return _context(ssl.PROTOCOL_TLS_CLIENT, files)


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Make the context of whoever answers; a client without a certificate ends at the handshake.

    Raises:
        OSError, ssl.SSLError: a file is missing or holds something else.
        ValueError: the authority's file holds no authority.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, files)
    context.num_tickets = 0
    return context


def ward_host(ward: str) -> str:
    """Give the DNS name in the certificate by which a ward answers its own machines."""
    return f"ward-{ward}"


def peer_name(tls: ssl.SSLObject | ssl.SSLSocket) -> str:
    """Give the name in the certificate of the other end.

    Args:
        tls: the connection after its handshake, `transport.get_extra_info("ssl_object")`.

    Raises:
        Refused: `PEER_UNKNOWN`: no certificate, or not exactly one name of ours in it.
    """
    return the_one_name((tls.getpeercert() or {}).get("subjectAltName", ()))


def the_one_name(names: Sequence[object]) -> str:
    """Give the name of a certificate, whose subject alternative names are given as pairs of kind and value.

    Raises:
        Refused: `PEER_UNKNOWN`: not exactly one name of ours.
    """
    match names:
        case (("DNS" | "URI", str() as name),):
            return name
        case _:
            raise Refused(Code.PEER_UNKNOWN, f"{len(names)} names in the certificate")


def expect_peer(tls: ssl.SSLObject | ssl.SSLSocket, wanted: Collection[str]) -> str:
    """Give the peer's name if it is on the list.

    Raises:
        Refused: `PEER_UNKNOWN`.
    """
    return expect_name(peer_name(tls), wanted)


def expect_name(name: str, wanted: Collection[str]) -> str:
    """Give a name back if it is on the list.

    Raises:
        Refused: `PEER_UNKNOWN`.
    """
    if name not in wanted:
        raise Refused(Code.PEER_UNKNOWN, "a certificate of ours, and not on the list")
    return name


def _context(protocol: int, files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    context.load_verify_locations(cafile=files.authority)
    if context.cert_store_stats()["x509_ca"] == 0:
        raise ValueError(f"{files.authority.name} holds no certificate authority")
    context.load_cert_chain(files.certificate, files.key)
    context.set_alpn_protocols(["http/1.1"])
    return context

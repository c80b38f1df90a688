"""Who dialled, by a certificate that another process of this machine took at the handshake: an edge that ends TLS.

The edge says which certificate the other end proved to hold. Whether that certificate is one of ours is judged here
again: issued by the one authority, for whoever dials, within its life, with exactly one name, as `konbini.protocol.tls`
judges it at a handshake of its own. So an edge that asks for no certificate, or believes another authority, makes
nobody known.

Limits: that the other end holds the certificate's key is the edge's word alone. Sources: RFC 5280, RFC 4648 section 4.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tls import the_one_name

__all__ = ["MOST_CERTIFICATE_TEXT", "PeerAuthority"]

MOST_CERTIFICATE_TEXT = 4096
"""Characters of Base64; a P-256 certificate of a kiosk has some 750."""


class PeerAuthority:
    """The one authority that is believed about peers."""

    def __init__(self, pem: bytes) -> None:
        """Take its certificate.

        Raises:
            ValueError: no certificate, more than one, or one that may issue none.
        """
        (certificate,) = x509.load_pem_x509_certificates(pem)
        if not _may_issue(certificate):
            raise ValueError("the file holds no certificate authority")
        self._store = Store([certificate])

    def name(self, text: str, moment: int) -> str:
        """Give the name in a peer's certificate.

        Args:
            text: the certificate, DER in Base64, as the edge hands it over.
            moment: now, Unix seconds.

        Raises:
            Refused: `PEER_UNKNOWN`: no certificate of ours, or not exactly one name in it.
        """
        if len(text) > MOST_CERTIFICATE_TEXT:
            raise Refused(Code.PEER_UNKNOWN, "too long for a certificate")
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
            policy = PolicyBuilder().store(self._store).time(dt.datetime.fromtimestamp(moment, dt.UTC))
            names = policy.build_client_verifier().verify(certificate, []).subjects or ()
        except binascii.Error as fault:
            raise Refused(Code.PEER_UNKNOWN, "no certificate") from fault
        except VerificationError as fault:
            raise Refused(Code.PEER_UNKNOWN, "not issued by the authority for whoever dials, or not now") from fault
        except Exception as fault:
            raise Refused(Code.PEER_UNKNOWN, f"cannot be judged: {type(fault).__name__}") from fault
        return the_one_name([_kind_and_value(name) for name in names])


def _kind_and_value(name: x509.GeneralName) -> tuple[str, object]:
    """Give a name as the standard library's TLS gives it."""
    kinds = {x509.DNSName: "DNS", x509.UniformResourceIdentifier: "URI"}
    return kinds.get(type(name), "other"), name.value


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False

"""The authorities of the links: who is a kiosk, who a ward, who the center, named as `konbini.protocol.tls` reads it.

Three authorities, so that no ward's certificate passes at the kiosks' gate, and no kiosk's anywhere but there.
"""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from konbini.simulation.town.pki.authority import Authority, Credential, Life, key_usage, name, new_p256_key

__all__ = ["LinkAuthority"]

_ORGANIZATION = "Test of konbini"
_YEARS = dt.timedelta(days=365)


class LinkAuthority:
    """Issues certificates for one end of the links."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority

    @classmethod
    def make(cls, moment: int, whose: str) -> LinkAuthority:
        """Make a new authority for `whose` certificates ("kiosks", "wards", "center"); `moment` in Unix seconds."""
        life = Life.around(moment, before=dt.timedelta(days=1), after=10 * _YEARS)
        subject = name(f"Test authority of {whose}", organization=_ORGANIZATION)
        return cls(Authority.make(subject, new_p256_key(), life))

    def client(self, peer: str, moment: int) -> Credential:
        """Issue for whoever dials: `kiosk:K-0001` or `ward:131997`, as a URI."""
        return self._issue(peer, x509.UniformResourceIdentifier(peer), ExtendedKeyUsageOID.CLIENT_AUTH, moment)

    def server(self, host: str, moment: int) -> Credential:
        """Issue for whoever answers, by DNS name."""
        return self._issue(host, x509.DNSName(host), ExtendedKeyUsageOID.SERVER_AUTH, moment)

    def _issue(self, common: str, san: x509.GeneralName, purpose: x509.ObjectIdentifier, moment: int) -> Credential:
        key = new_p256_key()
        certificate = self.authority.issue(
            name(common, organization=_ORGANIZATION),
            key.public_key(),
            Life.around(moment, before=dt.timedelta(days=1), after=2 * _YEARS),
            [
                (x509.SubjectAlternativeName([san]), False),
                (key_usage("digital_signature"), True),
                (x509.ExtendedKeyUsage([purpose]), False),
            ],
        )
        return Credential(certificate, key)

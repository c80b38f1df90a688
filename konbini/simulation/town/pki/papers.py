"""The authority above the keys that sign a ward's documents, and the clerk's certificate under it."""

from __future__ import annotations

import datetime as dt

from konbini.simulation.town.pki.authority import Authority, Credential, Life, key_usage, name, new_p256_key
from konbini.simulation.town.ward import Ward

__all__ = ["make_paper_authority", "make_signing_certificate"]

_YEARS = dt.timedelta(days=365)


def make_paper_authority(ward: Ward, moment: int) -> Authority:
    """Make the ward's paper authority, which kiosks pin through the ward directory; `moment` in Unix seconds."""
    subject = name("Test paper authority", organization=ward.name_english)
    return Authority.make(subject, new_p256_key(), Life.around(moment, before=dt.timedelta(days=1), after=10 * _YEARS))


def make_signing_certificate(authority: Authority, ward: Ward, moment: int) -> Credential:
    """Make the clerk's key and certificate (ETSI EN 319 412-3: a seal of an organization, here a specimen's)."""
    key = new_p256_key()
    certificate = authority.issue(
        name("Document seal (specimen)", organization=ward.name_english),
        key.public_key(),
        Life.around(moment, before=dt.timedelta(days=1), after=3 * _YEARS),
        [(key_usage("digital_signature", "content_commitment"), True)],
    )
    return Credential(certificate, key)

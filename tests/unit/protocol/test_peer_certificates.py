"""Whose certificates a center behind an edge believes; the certificates themselves are tried at its socket."""

from __future__ import annotations

import base64

import pytest

from konbini.protocol.errors import Code, Refused
from konbini.protocol.peer_certificates import PeerAuthority
from konbini.simulation.town.pki.links import LinkAuthority

NOW = 1_795_000_000


def test_a_client_is_known_and_a_server_is_not() -> None:
    """A certificate of whoever answers is none of whoever dials, under the same authority."""
    kiosks = LinkAuthority.make(NOW, "kiosks")
    authority = PeerAuthority(kiosks.authority.certificate_pem())
    client, server = kiosks.client("kiosk:K-0001", NOW), kiosks.server("kiosk:K-0001", NOW)
    assert authority.name(base64.b64encode(client.certificate_der()).decode("ascii"), NOW) == "kiosk:K-0001"
    with pytest.raises(Refused) as refused:
        authority.name(base64.b64encode(server.certificate_der()).decode("ascii"), NOW)
    assert refused.value.code is Code.PEER_UNKNOWN


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_authority(count: int) -> None:
    """Two in the file would be one more than anybody decided on."""
    pem = LinkAuthority.make(NOW, "kiosks").authority.certificate_pem()
    with pytest.raises(ValueError, match=r"."):
        PeerAuthority(pem * count)


def test_a_leaf_is_no_authority() -> None:
    """A file that was put in the wrong place stops the start."""
    leaf = LinkAuthority.make(NOW, "kiosks").client("kiosk:K-0001", NOW)
    with pytest.raises(ValueError, match="no certificate authority"):
        PeerAuthority(leaf.certificate_pem())


def test_a_certificate_that_cannot_be_read_is_nobodys() -> None:
    """A version that does not exist, and what is no certificate at all: a refusal, and nothing unforeseen."""
    kiosks = LinkAuthority.make(NOW, "kiosks")
    authority = PeerAuthority(kiosks.authority.certificate_pem())
    good = kiosks.client("kiosk:K-0001", NOW).certificate_der()
    version = good.index(b"\xa0\x03\x02\x01\x02") + 4
    for bad in (good[:version] + b"\x27" + good[version + 1 :], good[:-1], b"", b"\x30\x00"):
        with pytest.raises(Refused) as refused:
            authority.name(base64.b64encode(bad).decode("ascii"), NOW)
        assert refused.value.code is Code.PEER_UNKNOWN

"""Whom the links let in: real handshakes, without a socket."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from konbini.protocol.errors import Code, Refused
from konbini.protocol.tls import TlsFiles, client_context, expect_peer, peer_name, server_context
from tests.integration.issuance_center.authorities import Pki


class Ends:
    """A client and a server that shake hands through memory."""

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, hostname: str = "center") -> None:
        self._to_server, self._to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self._to_client, self._to_server, server_hostname=hostname)
        self.server = server.wrap_bio(self._to_server, self._to_client, server_side=True)

    def shake_hands(self) -> None:
        """Run both sides to the end; TLS 1.3's client only learns with its first read that it was refused."""
        waiting = [self.client, self.server]
        for _ in range(6):
            for end in list(waiting):
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
                waiting.remove(end)
        assert not waiting
        for end in (self.server, self.client):
            with pytest.raises(ssl.SSLWantReadError):
                end.read(1)


def ends(pki: Pki, client: TlsFiles, hostname: str = "center") -> Ends:
    """Give a client with `client` and the center's gateway for kiosks."""
    return Ends(client_context(client), server_context(pki.center_for(pki.devices)), hostname)


def test_both_ends_learn_each_others_names(pki: Pki) -> None:
    """A kiosk and the center, over TLS 1.3."""
    pair = ends(pki, pki.kiosk("K-0001"))
    pair.shake_hands()
    assert peer_name(pair.server) == "kiosk:K-0001"
    assert peer_name(pair.client) == "center"
    assert pair.client.version() == "TLSv1.3"


def test_a_name_off_the_list_is_refused(pki: Pki) -> None:
    """The authority's word is not enough."""
    pair = ends(pki, pki.kiosk("K-0009"))
    pair.shake_hands()
    with pytest.raises(Refused) as refused:
        expect_peer(pair.server, {"kiosk:K-0001"})
    assert refused.value.code is Code.PEER_UNKNOWN


@pytest.mark.parametrize(
    "names",
    [
        (),
        (x509.UniformResourceIdentifier("kiosk:K-0001"), x509.UniformResourceIdentifier("kiosk:K-0002")),
        (x509.RFC822Name("kiosk@example.org"),),
    ],
)
def test_a_certificate_with_no_name_or_two_names_nobody(pki: Pki, names: tuple[x509.GeneralName, ...]) -> None:
    """No name, two names, or a name of another form."""
    pair = ends(pki, pki.devices.issue(*names, believes=pki.center))
    pair.shake_hands()
    with pytest.raises(Refused) as refused:
        peer_name(pair.server)
    assert refused.value.code is Code.PEER_UNKNOWN


def test_a_certificate_of_another_authority_ends_the_handshake(pki: Pki) -> None:
    """Same name, another authority; a ward's authority does not make kiosks either."""
    for other in (pki.stranger, pki.wards):
        client = other.issue(x509.UniformResourceIdentifier("kiosk:K-0001"), believes=pki.center)
        with pytest.raises(ssl.SSLCertVerificationError):
            ends(pki, client).shake_hands()


def test_a_client_without_a_certificate_ends_at_the_handshake(pki: Pki) -> None:
    """The server asks for one and does not go on without."""
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.load_verify_locations(cafile=pki.center.file)
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        Ends(bare, server_context(pki.center_for(pki.devices))).shake_hands()


def test_tls_1_2_is_refused_by_both_ends(pki: Pki) -> None:
    """An old client and an old server."""
    files = pki.kiosk("K-0001")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.load_verify_locations(cafile=files.authority)
    old.load_cert_chain(files.certificate, files.key)
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        Ends(old, server_context(pki.center_for(pki.devices))).shake_hands()
    center = pki.center_for(pki.devices)
    old_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old_server.maximum_version = ssl.TLSVersion.TLSv1_2
    old_server.load_cert_chain(center.certificate, center.key)
    with pytest.raises(ssl.SSLError, match=r"UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION"):
        Ends(client_context(files), old_server).shake_hands()


def test_a_server_that_is_not_the_center_ends_the_handshake(pki: Pki) -> None:
    """A kiosk's own certificate does not make a center, nor does a stranger's that says so."""
    kiosk = pki.kiosk("K-0001")
    for impostor in (
        pki.center.issue(x509.DNSName("printer"), believes=pki.devices),
        pki.stranger.issue(x509.DNSName("center"), believes=pki.devices),
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            Ends(client_context(kiosk), server_context(impostor)).shake_hands()


def test_no_root_of_the_system_is_believed(pki: Pki) -> None:
    """Exactly the one authority, on both ends."""
    for context in (client_context(pki.kiosk("K-0001")), server_context(pki.center_for(pki.devices))):
        assert context.cert_store_stats()["x509"] == 1


def test_no_session_is_resumed(pki: Pki) -> None:
    """Each connection shows its certificate: the server gives nothing to come back with."""
    assert server_context(pki.center_for(pki.devices)).num_tickets == 0


def test_a_file_without_an_authority_is_refused_at_the_start(pki: Pki, tmp_path: Path) -> None:
    """A leaf is no authority; a missing file is an error, not an empty list."""
    files = pki.kiosk("K-0001")
    wrong = TlsFiles(certificate=files.certificate, key=files.key, authority=files.certificate)
    with pytest.raises(ValueError, match="no certificate authority"):
        client_context(wrong)
    missing = TlsFiles(certificate=files.certificate, key=files.key, authority=tmp_path / "none.pem")
    with pytest.raises(FileNotFoundError):
        client_context(missing)

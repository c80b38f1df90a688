"""A public key infrastructure of one test session, and its services on loopback: certomancer's, in a thread.

OCSP for the paper authority, CRLs for the authority of time-stamps, time-stamp services: the ward's, one under a
revoked certificate, one of an authority that nobody pinned.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from certomancer.integrations.aiohttp_animator import build_animator_app
from certomancer.registry import ArchLabel, CertLabel, PKIArchitecture
from certomancer.registry.config import CertomancerConfig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

__all__ = ["Infrastructure", "Served", "make_infrastructure"]

_SECONDS = 30.0
_ARCH = "ward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A signing certificate of the infrastructure, its key, and what it stands under."""

    key: bytes
    certificate: bytes
    authority: bytes
    stamps_authority: bytes
    prefix: str

    @property
    def source(self) -> str:
        """How all addresses of the services begin."""
        return f"{self.prefix}/"

    def stamps(self, service: str = "stamps") -> str:
        """Where a time-stamp service is asked."""
        return f"{self.prefix}/{_ARCH}/tsa/{service}"


class Infrastructure:
    """The running services; `at` is the time that they live in, None for now."""

    def __init__(self, architecture: PKIArchitecture, listening: socket.socket, at: datetime | None = None) -> None:
        """Nothing is served before `start`."""
        self._architecture = architecture
        self._socket = listening
        self._at = at
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self.asked: list[str] = []

    @property
    def prefix(self) -> str:
        """Where it is served."""
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    def start(self) -> None:
        """Serve."""
        self._thread.start()
        assert self._ready.wait(_SECONDS)

    def close(self) -> None:
        """Serve no more."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(_SECONDS)
        assert not self._thread.is_alive()

    def served(self, label: str, keys: Path) -> Served:
        """Give a signing certificate and what belongs to it."""
        return Served(
            key=(keys / f"{label.removesuffix('-revoked')}.pem").read_bytes(),
            certificate=self._certificate(label),
            authority=self._certificate("papers"),
            stamps_authority=self._certificate("time"),
            prefix=self.prefix,
        )

    def _certificate(self, label: str) -> bytes:
        made: bytes = self._architecture.get_cert(CertLabel(label)).dump()
        return made

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        application = build_animator_app(
            {ArchLabel(_ARCH): self._architecture}, at_time=self._at, with_web_ui=False, allow_time_override=False
        )
        application.on_response_prepare.append(self._note)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        self._ready.set()
        await self._ended.wait()
        await runner.cleanup()

    async def _note(self, request: web.Request, _: web.StreamResponse) -> None:
        self.asked.append(request.path)


def make_infrastructure(
    folder: Path, keys: Mapping[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey], at: datetime | None = None
) -> Infrastructure:
    """Make one.

    Args:
        folder: where the keys are written.
        keys: of the signing certificates, by label.
        at: the time that the services live in.
    """
    own = {
        name: ec.generate_private_key(ec.SECP256R1()) for name in ("papers", "answers", "time", "stamps", "strangers")
    }
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    for name, key in {**own, **keys}.items():
        (folder / f"{name}.pem").write_bytes(key.private_bytes(encoding, shape, serialization.NoEncryption()))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    host, port = listening.getsockname()
    config = CertomancerConfig(
        {
            "external-url-prefix": f"http://{host}:{port}",
            "keysets": {_ARCH: {"keys": {name: {"path": f"{name}.pem"} for name in (*own, *keys)}}},
            "pki-architectures": {_ARCH: _architecture(tuple(keys), at or datetime.now(UTC))},
        },
        str(folder),
    )
    return Infrastructure(config.get_pki_arch(ArchLabel(_ARCH)), listening, at)


def _architecture(labels: tuple[str, ...], at: datetime) -> dict[str, object]:
    now = at.replace(microsecond=0)
    life = {
        "valid-from": (now - timedelta(days=100)).isoformat(),
        "valid-to": (now + timedelta(days=300)).isoformat(),
    }
    crl: dict[str, object] = {
        "id": "crl_distribution_points",
        "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": ["time"]}},
    }
    ocsp: dict[str, object] = {
        "id": "authority_information_access",
        "smart-value": {"schema": "aia-urls", "params": {"ocsp-responder-names": ["papers"]}},
    }
    root: list[dict[str, object]] = [
        {"id": "basic_constraints", "critical": True, "value": {"ca": True}},
        _usage("key_cert_sign", "crl_sign"),
    ]
    stamping: list[dict[str, object]] = [
        _usage("digital_signature"),
        {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
    ]
    answering: list[dict[str, object]] = [
        _usage("digital_signature"),
        {"id": "extended_key_usage", "value": ["ocsp_signing"]},
        {"id": "ocsp_no_check"},
    ]
    signing = [_usage("digital_signature", "non_repudiation"), ocsp]
    revoked = {"revoked-since": (now - timedelta(days=1)).isoformat(), "reason": "key_compromise"}

    def certificate(
        subject: str, issuer: str, extensions: list[dict[str, object]], **more: object
    ) -> dict[str, object]:
        return {
            "subject": subject,
            "subject-key": subject,
            "issuer": issuer,
            "authority-key": issuer,
            "validity": life,
            "extensions": extensions,
            **more,
        }

    certs = {
        **{name: certificate(name, name, root) for name in ("papers", "time", "strangers")},
        "answers": certificate("answers", "papers", answering),
        "stamps": certificate("stamps", "time", [*stamping, crl]),
        "stamps-revoked": certificate("stamps", "time", [*stamping, crl], revocation=revoked),
        "stamps-of-strangers": certificate("stamps", "strangers", stamping),
        **{label: certificate(label, "papers", signing) for label in labels},
        **{f"{label}-revoked": certificate(label, "papers", signing, revocation=revoked) for label in labels},
    }
    names = ("papers", "answers", "time", "stamps", "strangers", *labels)
    services = ("stamps", "stamps-revoked", "stamps-of-strangers")
    return {
        "keyset": _ARCH,
        "entities": {name: {"country-name": "JP", "organization-name": "Test", "common-name": name} for name in names},
        "certs": certs,
        "services": {
            "ocsp": {"papers": {"for-issuer": "papers", "responder-cert": "answers", "signing-key": "answers"}},
            "crl-repo": {"time": {"for-issuer": "time", "signing-key": "time", "simulated-update-schedule": "P1D"}},
            "time-stamping": {
                name: {"signing-cert": name, "signing-key": "stamps", "certs-to-embed": ["time"]} for name in services
            },
        },
    }


def _usage(*bits: str) -> dict[str, object]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(bits)}}

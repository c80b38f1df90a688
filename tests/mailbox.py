"""A mail relay and a web hook's receiver on loopback: small, honest, and able to refuse as real ones do."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["HookReceiver", "Relay", "hooked", "relaying", "self_signed"]

HOST = "127.0.0.1"


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for the loopback address, which is its own authority; gives it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


@dataclass(slots=True, kw_only=True)
class Relay:
    """The relay: what it was told, in clear and under TLS apart, and the mails that it took."""

    tls: ssl.SSLContext | None
    login: tuple[str, str] | None = None
    refused: frozenset[str] = frozenset()
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    in_clear: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation (RFC 5321, RFC 3207, RFC 4954)."""
        conversation = _Conversation(self, reader, writer)
        try:
            await conversation.hold()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the other end has left
        finally:
            writer.close()


class _Conversation:
    def __init__(self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._relay, self._reader, self._writer = relay, reader, writer
        self._secured = self._known = False
        self._to: list[str] = []

    async def hold(self) -> None:
        await self._say("220 relay ESMTP")
        while (line := (await self._reader.readline()).decode().strip()) and line.upper() != "QUIT":
            if not self._secured:
                self._relay.in_clear.append(line)
            await self._answer(line.partition(" ")[0].upper(), line)
        await self._say("221 bye")

    async def _answer(self, verb: str, line: str) -> None:
        relay = self._relay
        match verb:
            case "EHLO":
                offers = ["relay"] + (["STARTTLS"] if relay.tls and not self._secured else [])
                offers += ["AUTH PLAIN"] if relay.login and self._secured else []
                await self._say("\r\n".join([f"250-{offer}" for offer in offers] + ["250 SIZE 1000000"]))
            case "STARTTLS" if relay.tls is not None:
                await self._say("220 go ahead")
                await self._writer.start_tls(relay.tls)
                self._secured = True
            case "AUTH" if relay.login is not None:
                _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                relay.users.append(user)
                self._known = (user, password) == relay.login
                await self._say("235 welcome" if self._known else "535 no")
            case "MAIL" if relay.login is not None and not self._known:
                await self._say("530 who are you")
            case "MAIL":
                self._to = []
                await self._say("250 ok")
            case "RCPT":
                mailbox = line.partition("<")[2].partition(">")[0]
                taken = mailbox not in relay.refused
                self._to += [mailbox] if taken else []
                await self._say("250 ok" if taken else "550 nobody here")
            case "DATA":
                await self._say("354 go ahead")
                await self._take()
                await self._say("250 taken")
            case "RSET":
                await self._say("250 ok")
            case _:
                await self._say("502 what?")

    async def _take(self) -> None:
        data = await self._reader.readuntil(b"\r\n.\r\n")
        body = data.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        self._relay.mails.append(message_from_bytes(body, policy=default))

    async def _say(self, text: str) -> None:
        self._writer.write(text.encode() + b"\r\n")
        await self._writer.drain()


@asynccontextmanager
async def relaying(
    tls: tuple[Path, Path] | None, *, login: tuple[str, str] | None = None, refused: frozenset[str] = frozenset()
) -> AsyncIterator[Relay]:
    """Relay on loopback while the context lasts; without `tls` it offers no STARTTLS."""
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    relay = Relay(tls=context, login=login, refused=refused)
    server = await asyncio.start_server(relay.serve, HOST, 0)
    relay.port = int(server.sockets[0].getsockname()[1])
    async with server:
        yield relay


@dataclass(slots=True, kw_only=True)
class HookReceiver:
    """A web hook's receiver: it takes what is signed under its key, and can be told to answer otherwise."""

    key: bytes
    port: int = 0
    status: int = 204
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    asked: int = 0
    wait: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}/alerts"

    async def take(self, request: web.Request) -> web.Response:
        """Compare the signature, then read."""
        self.asked += 1
        body = await request.read()
        await self.wait.wait()
        due = f"sha256={hmac.new(self.key, body, hashlib.sha256).hexdigest()}"
        if not hmac.compare_digest(request.headers.get("Konbini-Signature", ""), due):
            return web.Response(status=403)
        if self.status in range(200, 300):
            self.taken.append(json.loads(body))
        headers = {"Location": "/elsewhere"} if self.status in range(300, 400) else {}
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def hooked(key: bytes) -> AsyncIterator[HookReceiver]:
    """Receive on loopback while the context lasts."""
    receiver = HookReceiver(key=key)
    receiver.wait.set()
    app = web.Application()
    app.router.add_post("/alerts", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    receiver.port = int(runner.addresses[0][1])
    try:
        yield receiver
    finally:
        await runner.cleanup()

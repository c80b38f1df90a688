"""Who is told of alerts: tables of the configuration of `issuing`, all of which may be left out.

[[alert_webhooks]]
name = "watch"
address = "https://watch.example.jp/konbini"   # http on the loopback address alone
key = "watch.key"                              # 32 bytes, shared with the receiver
authority = "watch-ca.pem"                     # may be left out: the system's authorities are believed
[[alert_mails]]
name = "office"
host = "mail.example.jp"
port = 587
sender = "konbini@example.jp"
receivers = ["juumin@example.jp"]
authority = "mail-ca.pem"                      # may be left out: the system's authorities are believed
user = "konbini"                               # may be left out, with the password: a relay that asks for no login
password = "mail.password"                     # a file
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from konbini.process.config import ConfigRefused, Table
from konbini.process.secret_files import read_secret
from konbini.ward_server.alerts.mail import Mail, MailLogin
from konbini.ward_server.alerts.receivers import Receiver
from konbini.ward_server.alerts.webhook import WebHook

__all__ = ["AlertsConfig", "MailConfig", "WebHookConfig", "read_alerts", "receivers_of"]

_KEY_BYTES = 32
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MAILBOX = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHookConfig:
    """One web hook."""

    name: str
    address: str
    key: Path
    authority: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailConfig:
    """One relay and whom it reaches."""

    name: str
    host: str
    port: int
    sender: str
    receivers: tuple[str, ...]
    authority: Path | None
    login: tuple[str, Path] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    """Everybody who is told."""

    webhooks: tuple[WebHookConfig, ...]
    mails: tuple[MailConfig, ...]


def read_alerts(table: Table) -> AlertsConfig:
    """Take `[[alert_webhooks]]` and `[[alert_mails]]`, where they stand.

    Raises:
        ConfigRefused: naming the place; also two of one name.
    """
    hooks = tuple(map(_webhook, table.parts("alert_webhooks"))) if table.has("alert_webhooks") else ()
    mails = tuple(map(_mail, table.parts("alert_mails"))) if table.has("alert_mails") else ()
    names = [*(one.name for one in hooks), *(one.name for one in mails)]
    if len(set(names)) != len(names):
        raise ConfigRefused("alert_webhooks and alert_mails: each has a name of its own")
    return AlertsConfig(webhooks=hooks, mails=mails)


def receivers_of(config: AlertsConfig, session: aiohttp.ClientSession) -> tuple[Receiver, ...]:
    """Make them ready.

    Raises:
        ValueError, OSError, ssl.SSLError: a file cannot be used.
    """
    hooks = [
        WebHook(
            name=one.name,
            address=one.address,
            key=_key(one.key),
            tls=None if one.authority is None else _context(one.authority),
            session=session,
        )
        for one in config.webhooks
    ]
    mails = [
        Mail(
            name=one.name,
            host=one.host,
            port=one.port,
            sender=one.sender,
            receivers=one.receivers,
            tls=_context(one.authority),
            login=None if one.login is None else _login(*one.login),
        )
        for one in config.mails
    ]
    return (*hooks, *mails)


def _webhook(part: Table) -> WebHookConfig:
    with part:
        return WebHookConfig(
            name=part.text("name"),
            address=part.convert("address", _address),
            key=part.path("key"),
            authority=part.path("authority") if part.has("authority") else None,
        )


def _mail(part: Table) -> MailConfig:
    with part:
        login = (part.text("user"), part.path("password")) if part.has("user") else None
        return MailConfig(
            name=part.text("name"),
            host=part.text("host"),
            port=part.integer("port", least=1),
            sender=part.convert("sender", _mailbox),
            receivers=tuple(_checked(part, one) for one in part.texts("receivers")),
            authority=part.path("authority") if part.has("authority") else None,
            login=login,
        )


def _checked(part: Table, text: str) -> str:
    try:
        return _mailbox(text)
    except ValueError as error:
        raise part.refused("receivers", str(error)) from error


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        raise ValueError("an address as office@example.jp is needed")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (plain or parts.scheme == "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("an https address is needed, or http on the loopback address")
    return text


def _key(path: Path) -> bytes:
    key = read_secret(path)
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path.name} is no key of {_KEY_BYTES} bytes")
    return key


def _login(user: str, password: Path) -> MailLogin:
    return MailLogin(user=user, password=read_secret(password).decode("utf-8").strip())


def _context(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

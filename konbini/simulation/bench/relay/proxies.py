"""nginx and HAProxy, Debian's packages: configured for the work of the center, and run on loopback.

`edge` is the configuration that ships (systemd/examples/haproxy-center.cfg; a test compares them), its files elsewhere.
The other two relay as they would in the center's stead: TLS 1.3 with a certificate from each kiosk, and a connection of
their own to the ward for each WebSocket, over mutual TLS 1.3. No session is resumed on either side. nginx's buffer is
that of HAProxy, one TLS record: with its own default of a page it would write four times as many.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.simulation.demo.processes import DidNotStartError, end_process

__all__ = ["Outward", "Proxy", "Side", "edge", "haproxy", "missing", "nginx", "running_proxy"]

_PROGRAMS: Final = {"nginx": "/usr/sbin/nginx", "haproxy": "/usr/sbin/haproxy"}
_STARTING_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.02
_LAST_WORDS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side's files, PEM: a certificate followed by its key, and the authority that is believed about others."""

    credential: Path
    authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """The way out: the ward's port on loopback, the DNS name in its certificate, and what is shown to it."""

    port: int
    name: str
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A program with its configuration.

    Attributes:
        program: `nginx` or `haproxy`.
        configuration: its text.
        port: where it will listen.
    """

    program: str
    configuration: str
    port: int


def missing() -> tuple[str, ...]:
    """Name the programs that are not installed."""
    return tuple(name for name, path in _PROGRAMS.items() if shutil.which(path) is None)


def edge(bind: str, kiosks: Side, socket: Path, *, process: str) -> str:
    """Give the configuration of the edge.

    Args:
        bind: address and port.
        kiosks: the side of the kiosks.
        socket: of the center.
        process: lines of the section `global` that say as whom it runs, and for how many kiosks.
    """
    return _EDGE.format(
        bind=bind, credential=kiosks.credential, authority=kiosks.authority, socket=socket, process=process
    )


def haproxy(port: int, kiosks: Side, ward: Outward) -> Proxy:
    """Configure HAProxy in the center's stead, one thread."""
    text = _HAPROXY.format(
        port=port,
        credential=kiosks.credential,
        authority=kiosks.authority,
        ward=ward.port,
        name=ward.name,
        shown=ward.side.credential,
        believed=ward.side.authority,
    )
    return Proxy(program="haproxy", configuration=text, port=port)


def nginx(port: int, kiosks: Side, ward: Outward, folder: Path) -> Proxy:
    """Configure nginx in the center's stead, one worker; what it would write goes below `folder`."""
    text = _NGINX.format(
        port=port,
        credential=kiosks.credential,
        authority=kiosks.authority,
        ward=ward.port,
        name=ward.name,
        shown=ward.side.credential,
        believed=ward.side.authority,
        folder=folder,
    )
    return Proxy(program="nginx", configuration=text, port=port)


@asynccontextmanager
async def running_proxy(proxy: Proxy, folder: Path) -> AsyncIterator[int]:
    """Run a proxy while the context lasts, and give its process's id; entered once it listens.

    Args:
        proxy: what to run.
        folder: where its configuration and its log go.

    Raises:
        DidNotStartError: it ended, or does not listen in time; the text is the end of its log.
    """
    file, log = folder / f"{proxy.program}-{proxy.port}.conf", folder / f"{proxy.program}-{proxy.port}.log"
    file.write_text(proxy.configuration, encoding="utf-8")
    path = _PROGRAMS[proxy.program]
    command = (path, "-c", str(file)) if proxy.program == "nginx" else (path, "-db", "-f", str(file))
    with log.open("wb") as lines:
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", *command), stdin=asyncio.subprocess.DEVNULL, stdout=lines, stderr=lines
        )
        try:
            await _listening(process, proxy, log)
            yield process.pid
        finally:
            await end_process(process)


async def _listening(process: asyncio.subprocess.Process, proxy: Proxy, log: Path) -> None:
    waited = 0.0
    while process.returncode is None and waited < _STARTING_SECONDS:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        except OSError:
            await asyncio.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
        else:
            writer.close()
            return
    words = await asyncio.to_thread(log.read_text, errors="replace")
    raise DidNotStartError(f"{proxy.program} did not start: {words[-_LAST_WORDS:]}")


_EDGE: Final = """\
global
{process}
    # No session is resumed: every connection shows its certificate.
    tune.ssl.cachesize 0
    ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets

defaults
    mode http
    # One request a connection, at both ends.
    option httpclose
    timeout connect 5s
    timeout http-request 10s
    timeout client 20s
    timeout server 20s
    # Longer than the links' heartbeats.
    timeout tunnel 2m

frontend kiosks
    bind {bind} ssl crt {credential} ca-file {authority} verify required alpn http/1.1
    # Nothing but a kiosk's one question passes: no body, no second way to end a head.
    http-request deny unless {{ method GET }} {{ path /link }} {{ hdr(upgrade) -i websocket }}
    http-request deny if {{ req.fhdr_cnt(content-length) gt 0 }} || {{ req.fhdr_cnt(transfer-encoding) gt 0 }}
    # In the place of whatever a kiosk wrote there.
    http-request set-header X-SSL-Client-DER %[ssl_c_der,base64]
    default_backend center

backend center
    http-reuse never
    server center unix@{socket}
"""

_HAPROXY: Final = """\
global
    nbthread 1
    maxconn 8000
    tune.ssl.cachesize 0
    ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets

defaults
    mode http
    option httpclose
    timeout connect 20s
    timeout http-request 20s
    timeout client 20s
    timeout server 20s
    timeout tunnel 1h

frontend kiosks
    bind 127.0.0.1:{port} ssl crt {credential} ca-file {authority} verify required alpn http/1.1 backlog 4096
    default_backend ward

backend ward
    http-reuse never
    server ward 127.0.0.1:{ward} ssl crt {shown} ca-file {believed} verify required verifyhost {name} sni str({name}) \
ssl-min-ver TLSv1.3 no-ssl-reuse alpn http/1.1
"""

_NGINX: Final = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {credential};
        ssl_certificate_key {credential};
        ssl_client_certificate {authority};
        ssl_verify_client on;
        ssl_protocols TLSv1.3;
        ssl_session_tickets off;
        ssl_session_cache off;
        location /link {{
            proxy_pass https://127.0.0.1:{ward};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_ssl_certificate {shown};
            proxy_ssl_certificate_key {shown};
            proxy_ssl_trusted_certificate {believed};
            proxy_ssl_verify on;
            proxy_ssl_name {name};
            proxy_ssl_server_name on;
            proxy_ssl_protocols TLSv1.3;
            proxy_ssl_session_reuse off;
            proxy_buffer_size 16k;
            proxy_buffers 4 16k;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;
        }}
    }}
}}
"""

"""Whoever answers in the place of the time-stamp service: each lie is a refusal, soon, and in little memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

import pytest
from asn1crypto import tsp

from konbini.pdf.signing import KeyFileSigner, PadesSigner
from konbini.protocol.errors import Code, Refused
from konbini.time_stamps.asking import TimeStamps
from tests.integration.pdf.services import Served

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001 - the fixtures' classes live in conftest, which tests do not import

TYPE = "application/timestamp-reply"
LIES = ("endless", "elsewhere", "noise", "nothing", "page", "refused", "old", "algorithm")


class Liar(ThreadingHTTPServer):
    """The service, with the address of the honest one."""

    daemon_threads = True

    def __init__(self, honest: str) -> None:
        """Listen on loopback."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.honest = honest
        self.kept = b""
        self.sent = 0


class Handler(BaseHTTPRequestHandler):
    """Lies as the path says."""

    server: Liar

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a request."""
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        match self.path.strip("/"):
            case "endless":
                self._answer(b"", length=1 << 30)
                with suppress(OSError):
                    for _ in range(4096):
                        self.wfile.write(bytes(65536))
                        self.server.sent += 65536
            case "elsewhere":
                self.send_response(307)
                self.send_header("Location", self.server.honest)
                self.end_headers()
            case "noise":
                self._answer(asked * 3)
            case "nothing":
                self._answer(b"")
            case "page":
                self._answer(b"<html>", kind="text/html")
            case "refused":
                self._answer(bytes.fromhex("30053003020102"))
            case "old":
                self.server.kept = self.server.kept or self._honest(asked)
                self._answer(self.server.kept)
            case "algorithm":
                answer = tsp.TimeStampResp.load(self._honest(asked))
                (signer,) = answer["time_stamp_token"]["content"]["signer_infos"]
                signer["signature_algorithm"] = {"algorithm": "sha256_rsa"}
                self._answer(answer.dump(force=True))

    def _honest(self, asked: bytes) -> bytes:
        request = Request(self.server.honest, asked, {"Content-Type": "application/timestamp-query"})  # noqa: S310 - loopback
        with urlopen(request) as answer:  # noqa: S310 - loopback
            return bytes(answer.read())

    def _answer(self, content: bytes, *, length: int | None = None, kind: str = TYPE) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def liar(served: Served) -> Iterator[Liar]:
    """The lying service, running."""
    server = Liar(served.stamps())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(liar: Liar, served: Served, drawn, lie: str) -> None:
    """Also an answer to an earlier question, whose nonce is another, and a signature of another kind than its key."""
    service = TimeStamps(f"http://127.0.0.1:{liar.server_port}/{lie}", [served.stamps_authority])
    signer = PadesSigner(KeyFileSigner(served.key, [served.certificate]), time_stamps=service)
    if lie == "old":
        assert signer.sign(drawn.unsigned, int(time.time()))
    with pytest.raises(Refused) as caught:
        signer.sign(drawn.unsigned, int(time.time()))
    assert caught.value.code is Code.TIME_STAMP_UNAVAILABLE
    assert liar.sent < 64 * 1024 * 1024

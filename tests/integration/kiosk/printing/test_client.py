"""The IPP client against servers that are not what they should be: each answer ends in a refusal by code."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from konbini.kiosk.printing import ipp
from konbini.kiosk.printing.client import IppClient, certificate_pin
from konbini.kiosk.printing.ipp import Attribute, Group, GroupTag, Message, ValueTag
from konbini.protocol.errors import Code, Refused
from konbini.simulation.printer.certificate import own_certificate

_Answer = Callable[[Message], bytes]


_FIRST_QUESTION = Message(code=ipp.Operation.PRINT_JOB, request_id=1, groups=())


def _http(body: bytes, *, status: str = "200 OK", kind: str = "application/ipp", extra: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode() + body


def _printer(question: Message, **changed: Attribute | None) -> Message:
    """A right answer to Get-Printer-Attributes and Get-Jobs at once, with attributes changed or left out."""
    attributes = {
        "printer-state": Attribute(name="printer-state", tag=ValueTag.ENUM, values=(3,)),
        "printer-state-reasons": Attribute(
            name="printer-state-reasons", tag=ValueTag.KEYWORD, values=("media-low-warning", "media-empty-report")
        ),
        "printer-is-accepting-jobs": Attribute(name="printer-is-accepting-jobs", tag=ValueTag.BOOLEAN, values=(True,)),
        "queued-job-count": Attribute(name="queued-job-count", tag=ValueTag.INTEGER, values=(0,)),
        "count": Attribute(name="printer-impressions-completed", tag=ValueTag.INTEGER, values=(7,)),
    }
    kept = {name.replace("-", "_"): attribute for name, attribute in attributes.items()} | changed
    group = Group(tag=GroupTag.PRINTER, attributes=tuple(each for each in kept.values() if each is not None))
    return Message(code=0, request_id=question.request_id, groups=(group,))


@asynccontextmanager
async def _served(folder: Path, answer: _Answer) -> AsyncIterator[IppClient]:
    """A TLS server that answers each request by `answer`, and a client that trusts it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) if b"hunked" not in head else 0
            question = ipp.decode(await reader.readexactly(length)) if length else _FIRST_QUESTION
            writer.write(answer(question))
            await writer.drain()
        finally:
            writer.close()

    der = own_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "localhost.crt", folder / "localhost.key")
    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        async with IppClient(f"ipps://127.0.0.1:{port}/ipp/print", pin=certificate_pin(der), patience=2.0) as client:
            yield client


async def test_a_right_answer_is_read(tmp_path: Path) -> None:
    """Severities fall away; the counter of PWG 5100.22 serves as it is."""
    async with _served(tmp_path, lambda question: _http(ipp.encode(_printer(question)))) as client:
        status = await client.status()
    assert status.reasons == {"media-low", "media-empty"}
    assert status.faults == {"media-empty"}
    assert (status.impressions, status.jobs_held, status.accepting) == (7, 0, True)


_TEXT = Attribute(name="printer-impressions-completed", tag=ValueTag.TEXT, values=("12x",))
_ENDLESS = Attribute(name="printer-impressions-completed", tag=ValueTag.TEXT, values=("9" * 5000,))
_NEGATIVE = Attribute(name="queued-job-count", tag=ValueTag.INTEGER, values=(-1,))
_STATE = Attribute(name="printer-state", tag=ValueTag.ENUM, values=(9,))
_WRONG: dict[str, _Answer] = {
    "HTTP 500": lambda _: _http(b"", status="500 Sorry"),
    "a redirect": lambda _: _http(b"", status="302 There", extra="Location: https://127.0.0.1:1/\r\n"),
    "another type": lambda question: _http(ipp.encode(_printer(question)), kind="text/html"),
    "no IPP": lambda _: _http(b"hello"),
    "too long": lambda _: _http(bytes(ipp.MOST_BYTES + 1)),
    "cut short": lambda question: _http(ipp.encode(_printer(question)))[:-10],
    "no HTTP": lambda _: b"\x00\x01\x02\r\n\r\n",
    "nothing": lambda _: b"",
    "an IPP error": lambda question: _http(ipp.encode(Message(code=0x0500, request_id=question.request_id, groups=()))),
    "another request's answer": lambda _: _http(ipp.encode(_printer(Message(code=0, request_id=999, groups=())))),
    "no group": lambda question: _http(ipp.encode(Message(code=0, request_id=question.request_id, groups=()))),
    "no counter": lambda question: _http(ipp.encode(_printer(question, count=None))),
    "a counter that is none": lambda question: _http(ipp.encode(_printer(question, count=_TEXT))),
    "a counter that Python does not read": lambda question: _http(ipp.encode(_printer(question, count=_ENDLESS))),
    "a queue below nought": lambda question: _http(ipp.encode(_printer(question, queued_job_count=_NEGATIVE))),
    "an unknown state": lambda question: _http(ipp.encode(_printer(question, printer_state=_STATE))),
}


@pytest.mark.parametrize("answer", _WRONG.values(), ids=_WRONG.keys())
async def test_a_wrong_answer_is_an_unavailable_printer(tmp_path: Path, answer: _Answer) -> None:
    """Nothing but a whole, right answer is believed."""
    async with _served(tmp_path, answer) as client:
        with pytest.raises(Refused) as refused:
            await client.status()
    assert refused.value.code is Code.PRINTER_UNAVAILABLE


async def test_another_certificate_hears_no_request(tmp_path: Path) -> None:
    """An impostor at the printer's address gets a handshake and not a byte more."""
    heard: list[Message] = []

    def answer(question: Message) -> bytes:
        heard.append(question)
        return _http(ipp.encode(_printer(question)))

    async with _served(tmp_path, answer) as real:
        uri, other = real._uri, certificate_pin(b"another")
        async with IppClient(uri, pin=other, patience=2.0) as client:
            with pytest.raises(Refused) as refused:
                await client.status()
            with pytest.raises(Refused):
                await client.print_job(_document(), name="certificate", colour=False)
    assert refused.value.code is Code.PRINTER_UNAVAILABLE
    assert heard == []


async def _document() -> AsyncIterator[bytes]:
    yield b"RaS2"


async def test_an_answer_before_the_end_of_the_document_is_not_believed(tmp_path: Path) -> None:
    """A printer that says yes while the document is still on its way has not had the whole of it."""
    job = Group(
        tag=GroupTag.JOB,
        attributes=(
            Attribute(name="job-id", tag=ValueTag.INTEGER, values=(1,)),
            Attribute(name="job-state", tag=ValueTag.ENUM, values=(9,)),
        ),
    )
    hasty = _http(ipp.encode(Message(code=0, request_id=1, groups=(job,))))
    rest = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"RaS2"
        await rest.wait()

    async with _served(tmp_path, lambda _: hasty) as client:
        with pytest.raises(Refused) as refused:
            await client.print_job(slow(), name="certificate", colour=False)
        rest.set()
    assert refused.value.code is Code.PRINTER_UNAVAILABLE
    assert "before the document had ended" in refused.value.detail


async def test_a_document_that_fails_comes_out_as_it_failed(tmp_path: Path) -> None:
    """The upload is cut, and the reason is the document's own and not the cable's."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"RaS2"
        raise Refused(Code.DOCUMENT_INVALID, "a page that cannot be drawn")

    async with _served(tmp_path, lambda _: b"") as client:
        with pytest.raises(Refused) as refused:
            await client.print_job(broken(), name="certificate", colour=False)
    assert refused.value.code is Code.DOCUMENT_INVALID


@pytest.mark.parametrize("uri", ["ipp://localhost/ipp/print", "https://localhost/", "ipps:///ipp/print", ""])
def test_only_ipps_is_spoken(uri: str) -> None:
    """No plain IPP, no other scheme, no address without a host."""
    with pytest.raises(ValueError, match="ipps"):
        IppClient(uri, pin=bytes(32))


def test_a_pin_is_a_digest() -> None:
    """A certificate in place of its digest is refused at start."""
    with pytest.raises(ValueError, match="SHA-256"):
        IppClient("ipps://localhost/ipp/print", pin=b"short")

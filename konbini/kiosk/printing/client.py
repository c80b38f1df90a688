"""An IPP client over TLS for one printer whose certificate is pinned.

Owns the five operations that a kiosk needs (RFC 8011: Print-Job, Cancel-Job, Get-Jobs, Get-Job-Attributes,
Get-Printer-Attributes). The printer's certificate is compared with its SHA-256 before a byte of a request leaves;
no certificate authority is asked and no redirect or proxy followed. What the printer answers is read bounded and
strictly. Documents go out as they are made, in HTTP chunks, and are never kept.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from konbini.kiosk.printing import ipp
from konbini.kiosk.printing.ipp import Attribute, Group, GroupTag, Message, Operation, ValueTag
from konbini.kiosk.printing.line import ONE_SIDED, Capabilities, JobStatus
from konbini.kiosk.printing.ports import A4, PrinterState, PrinterStatus
from konbini.protocol.errors import Code, Refused

__all__ = ["IppClient", "certificate_pin"]

PWG_RASTER = "image/pwg-raster"
_CHUNK = 64 * 1024
_SUCCESS = range(0x0100)
_PORT = 631
_PIN_BYTES = 32
_OF_A_JOB = ("job-id", "job-state", "job-state-reasons")
_MOST_DIGITS = 18
"""Of a counter that is text: more than any printer ever counts, and far fewer than Python refuses to read."""
_SEVERITIES = ("-report", "-warning", "-error")


def certificate_pin(der: bytes) -> bytes:
    """Return the pin of a certificate: SHA-256 over its DER."""
    return hashlib.sha256(der).digest()


class IppClient:
    """A `PrinterLine` to the printer at `uri`; use as an async context manager, within one event loop.

    Args:
        uri: "ipps://host[:port]/path".
        pin: `certificate_pin` of the printer's certificate.
        counter: the printer attribute that counts impressions over its life: printer-impressions-completed
            (PWG 5100.22) or what this model has in its place; an integer, or digits in a text.
        patience: seconds that one answer may take, the upload of a document apart.

    Raises:
        ValueError: a URI that is not ipps, or a pin that is no SHA-256.
    """

    def __init__(
        self, uri: str, *, pin: bytes, counter: str = "printer-impressions-completed", patience: float = 5.0
    ) -> None:
        parts = urlsplit(uri)
        if parts.scheme != "ipps" or not parts.hostname:
            raise ValueError("a printer is reached by ipps only")
        if len(pin) != _PIN_BYTES:
            raise ValueError("a pin is a SHA-256")
        self._uri = uri
        self._url = f"https://{parts.netloc if parts.port else f'{parts.hostname}:{_PORT}'}{parts.path}"
        self._pin = aiohttp.Fingerprint(pin)
        self._counter = counter
        self._patience = patience
        self._requests = 0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._pin, limit=4)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def status(self) -> PrinterStatus:
        """Ask the printer how it is.

        Raises:
            Refused: `PRINTER_OFFLINE` where nobody answers; `PRINTER_UNAVAILABLE` for an answer that cannot be used, or
                one without the counter, for then nothing could be judged. So do all other methods.
        """
        wanted = (
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
            "queued-job-count",
            "media-ready",
            self._counter,
        )
        printer = await self._printer(wanted)
        queued, jobs = _integer(printer, "queued-job-count"), await self.jobs()
        return PrinterStatus(
            state=_printer_state(_integer(printer, "printer-state")),
            reasons=frozenset(_reason(word) for word in _words(printer, "printer-state-reasons")) - {"none"},
            impressions=_counted(printer, self._counter),
            jobs_held=max(queued, len(jobs)),
            accepting=_value(printer, "printer-is-accepting-jobs") is True,
            media=frozenset(_words(printer, "media-ready")),
        )

    async def capabilities(self) -> Capabilities:
        """Ask the printer what it takes.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`.
        """
        wanted = (
            "pwg-raster-document-type-supported",
            "pwg-raster-document-resolution-supported",
            "print-color-mode-default",
            "sides-supported",
            "media-supported",
            "pwg-raster-document-sheet-back",
        )
        printer = await self._printer(wanted)
        resolutions = _values(printer, "pwg-raster-document-resolution-supported")
        return Capabilities(
            raster_types=frozenset(_words(printer, "pwg-raster-document-type-supported")),
            resolutions=frozenset(_dots_per_inch(each) for each in resolutions) - {0},
            colour=_value(printer, "print-color-mode-default") == "color",
            sides=frozenset(_words(printer, "sides-supported")),
            media=frozenset(_words(printer, "media-supported")),
            sheet_back=next(iter(_words(printer, "pwg-raster-document-sheet-back")), "normal"),
        )

    async def jobs(self) -> tuple[JobStatus, ...]:
        """Return the jobs that are not over.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`.
        """
        asked = (
            _keywords("requested-attributes", *_OF_A_JOB),
            _keywords("which-jobs", "not-completed"),
        )
        answer = await self._ask(Operation.GET_JOBS, asked)
        return tuple(_job(group) for group in answer.of(GroupTag.JOB) if group.attributes)

    async def job(self, job_id: int) -> JobStatus:
        """Return one job.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`; also where the printer has forgotten it.
        """
        asked = (
            _number("job-id", job_id),
            _keywords("requested-attributes", *_OF_A_JOB),
        )
        answer = await self._ask(Operation.GET_JOB_ATTRIBUTES, asked)
        return _job(_only(answer, GroupTag.JOB))

    async def cancel(self, job_id: int) -> None:
        """Ask the printer to give a job up; that it agrees proves nothing, the queue and the counter do.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`; also where the job is over already.
        """
        await self._ask(Operation.CANCEL_JOB, (_number("job-id", job_id),))

    async def print_job(
        self, document: AsyncIterable[bytes], *, name: str, colour: bool, sides: str = ONE_SIDED
    ) -> JobStatus:
        """Send a PWG raster as one job and return what the printer made of it; one copy, on A4, on these sides.

        Nothing of it is left to the printer's defaults: a printer may print on both sides of B5 unasked.

        Returns only when every byte of `document` went out and the printer acknowledged the job: to the caller that
        is "the whole document was sent". An exception of `document` cuts the upload and comes out of here.

        Raises:
            Refused: `PRINTER_UNAVAILABLE`.
        """
        asked = (_text(ValueTag.NAME, "job-name", name), _text(ValueTag.MIME_TYPE, "document-format", PWG_RASTER))
        wishes = (
            Attribute(name="copies", tag=ValueTag.INTEGER, values=(1,)),
            _text(ValueTag.KEYWORD, "sides", sides),
            _text(ValueTag.KEYWORD, "media", A4),
            _text(ValueTag.KEYWORD, "print-color-mode", "color" if colour else "monochrome"),
        )
        head = self._message(Operation.PRINT_JOB, asked, wishes)
        body = _Body(ipp.encode(head), document)
        try:
            answer = await self._post(head, body.chunks())
        except Refused as error:
            raise (body.failed or error) from error
        if not body.ended:
            raise Refused(Code.PRINTER_UNAVAILABLE, "the printer answered before the document had ended")
        return _job(_only(answer, GroupTag.JOB))

    async def _printer(self, wanted: Sequence[str]) -> Group:
        answer = await self._ask(Operation.GET_PRINTER_ATTRIBUTES, (_keywords("requested-attributes", *wanted),))
        return _only(answer, GroupTag.PRINTER)

    async def _ask(self, operation: Operation, attributes: tuple[Attribute, ...]) -> Message:
        question = self._message(operation, attributes)
        try:
            async with asyncio.timeout(self._patience):
                return await self._post(question, ipp.encode(question))
        except TimeoutError as error:
            raise Refused(Code.PRINTER_OFFLINE, "no answer in time") from error

    def _message(
        self, operation: Operation, attributes: tuple[Attribute, ...], wishes: tuple[Attribute, ...] = ()
    ) -> Message:
        self._requests += 1
        head = (
            _text(ValueTag.CHARSET, "attributes-charset", "utf-8"),
            _text(ValueTag.LANGUAGE, "attributes-natural-language", "en"),
            _text(ValueTag.URI, "printer-uri", self._uri),
        )
        groups = (Group(tag=GroupTag.OPERATION, attributes=_in_order(head, attributes)),)
        job = (Group(tag=GroupTag.JOB, attributes=wishes),) if wishes else ()
        return Message(code=operation, request_id=self._requests, groups=groups + job)

    async def _post(self, question: Message, body: bytes | AsyncIterable[bytes]) -> Message:
        if self._session is None:
            raise RuntimeError("the client is used as an async context manager")
        headers = {"Content-Type": "application/ipp"}
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                answer = ipp.decode(await _bounded(response))
        except (aiohttp.ClientError, OSError) as error:
            raise Refused(_unreached(error), type(error).__name__) from error
        except Refused as error:
            raise Refused(Code.PRINTER_UNAVAILABLE, f"answered {error.code.name}: {error.detail}") from error
        if answer.request_id != question.request_id or answer.code not in _SUCCESS:
            raise Refused(Code.PRINTER_UNAVAILABLE, f"IPP status {answer.code:#06x}")
        return answer


class _Body:
    """The IPP head and the document behind it as one stream, which remembers whether it came to its end."""

    def __init__(self, head: bytes, document: AsyncIterable[bytes]) -> None:
        self._head = head
        self._document = document
        self.ended = False
        self.failed: Exception | None = None

    async def chunks(self) -> AsyncIterable[bytes]:
        yield self._head
        try:
            async for part in self._document:
                for at in range(0, len(part), _CHUNK):
                    yield part[at : at + _CHUNK]
        except Exception as error:
            self.failed = error
            raise
        self.ended = True


def _unreached(error: Exception) -> Code:
    """Tell a printer that nobody answers for from one that answers wrongly: another certificate, half an answer."""
    nobody = isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError)
    return Code.PRINTER_OFFLINE if nobody else Code.PRINTER_UNAVAILABLE


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200 or response.content_type != "application/ipp":  # noqa: PLR2004 - HTTP's own number
        raise Refused(Code.MALFORMED, f"HTTP {response.status}")
    parts = bytearray()
    async for part in response.content.iter_chunked(_CHUNK):
        parts += part
        if len(parts) > ipp.MOST_BYTES:
            raise Refused(Code.OVERSIZE, "IPP answer")
    return bytes(parts)


def _in_order(head: tuple[Attribute, ...], rest: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """Charset, language and target come first, a job's number directly behind (RFC 8011, section 4.1.5)."""
    return head + tuple(sorted(rest, key=lambda attribute: attribute.name != "job-id"))


def _text(tag: ValueTag, name: str, value: str) -> Attribute:
    return Attribute(name=name, tag=tag, values=(value,))


def _keywords(name: str, *values: str) -> Attribute:
    return Attribute(name=name, tag=ValueTag.KEYWORD, values=values)


def _number(name: str, value: int) -> Attribute:
    return Attribute(name=name, tag=ValueTag.INTEGER, values=(value,))


def _only(answer: Message, tag: GroupTag) -> Group:
    groups = answer.of(tag)
    if len(groups) != 1:
        raise Refused(Code.PRINTER_UNAVAILABLE, f"{len(groups)} groups where one was due")
    return groups[0]


def _values(group: Group, name: str) -> tuple[ipp.Value, ...]:
    attribute = group.find(name)
    return () if attribute is None else attribute.values


def _value(group: Group, name: str) -> ipp.Value:
    values = _values(group, name)
    return values[0] if len(values) == 1 else None


def _words(group: Group, name: str) -> tuple[str, ...]:
    return tuple(value for value in _values(group, name) if isinstance(value, str))


def _integer(group: Group, name: str) -> int:
    value = _value(group, name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refused(Code.PRINTER_UNAVAILABLE, f"no {name}")
    return value


def _counted(group: Group, name: str) -> int:
    value = _value(group, name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value)
    return _integer(group, name)


def _printer_state(number: int) -> PrinterState:
    try:
        return PrinterState(number)
    except ValueError as error:
        raise Refused(Code.PRINTER_UNAVAILABLE, f"printer-state {number}") from error


def _reason(word: str) -> str:
    for severity in _SEVERITIES:
        word = word.removesuffix(severity)
    return word


def _dots_per_inch(value: ipp.Value) -> int:
    per_inch = 3
    square = isinstance(value, ipp.Resolution) and value.unit == per_inch and value.across == value.along
    return value.across if square and isinstance(value, ipp.Resolution) else 0


def _job(group: Group) -> JobStatus:
    return JobStatus(
        job_id=_integer(group, "job-id"),
        state=_integer(group, "job-state"),
        reasons=frozenset(_words(group, "job-state-reasons")),
    )

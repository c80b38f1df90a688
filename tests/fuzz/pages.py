"""What browsers send: forms of the kiosk's screen and of the console, and what passkeys answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import parse_qsl, urlencode

from konbini.kiosk.session.choice_views import KindView, PricedKind
from konbini.kiosk.session.entry_views import PinView, StartView, TakeCardView
from konbini.kiosk.session.list_views import OwnListView
from konbini.kiosk.session.place_views import WardChoice, WardName, WardView
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.forms import action, parse
from konbini.protocol.errors import Refused
from konbini.protocol.kinds import CertificateKind
from konbini.simulation.entropy import SeededEntropy
from konbini.simulation.passkeys.authenticator import Authenticator
from konbini.ward_server.console.decision_contents import read_content
from konbini.ward_server.console.passkeys import Passkeys, challenge_of, credential_of
from konbini.ward_server.console.registry_acts import _FORMS, _read_form, _read_text
from konbini.ward_server.console.roll_acts import _read_enrol
from konbini.ward_server.console.staff import Passkey, Person, StaffKind, typed_code
from konbini.ward_server.console.staff_acts import _read_change
from konbini.ward_server.decisions.decision import DecisionKind
from konbini.ward_server.signed_acts.judging import check_public_key, read_origin
from tests.fuzz.mutating import members
from tests.fuzz.target import Target

__all__ = ["console_forms", "kiosk_forms", "passkeys"]

_PIN: Final = PinView(tries_left=3)
_VIEWS: Final[tuple[View, ...]] = (
    StartView(),
    TakeCardView(),
    _PIN,
    KindView(kinds=(PricedKind(kind=CertificateKind.RESIDENT_RECORD, fee=300),)),
    OwnListView(since=0, lines=(), page=2, pages=3),
    WardView(wards=(WardChoice(code="990001", name=WardName(written="見本区"), hours="6:30-23:00", is_open=False),)),
)


def kiosk_forms() -> Target:
    """The body of a form of the kiosk's screen, on each screen; it is wiped whatever it is."""

    def run(data: bytes) -> None:
        body = bytearray(data)
        try:
            form = parse(body)
        except Refused:
            return
        finally:
            if any(body):
                raise AssertionError("the body was not wiped")
        for view in _VIEWS:
            action(form, view)

    def seeds() -> Iterator[bytes]:
        for act in (
            "pin&pin=1234",
            "language.en",
            "ward.990001",
            "page.3",
            "kind.1",
            "postcode&postcode=1390001",
            "back",
        ):
            yield f"token=a&step=b-1&act={act}".encode()

    return Target(run=run, seeds=seeds, most=2048, words=(b"&", b"=", b"&pin=", b"act=", b"cancel", b"audio.on", b"%"))


def console_forms() -> Target:
    """A form of the console, read as each of its acts."""
    acts: tuple[Callable[[dict[str, str]], object], ...] = (
        *(lambda form, kind=kind: read_content(form, kind) for kind in DecisionKind),
        *(lambda form, kind=kind: _read_form(form, kind=kind) for kind in _FORMS),
        *(lambda form, kind=kind: _read_change(form, kind=kind) for kind in StaffKind),
        _read_text,
        _read_enrol,
        lambda form: typed_code(form.get("code", "")),
    )

    def run(data: bytes) -> None:
        form = dict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
        for act in acts:
            try:
                act(form)
            except Refused:
                continue

    def seeds() -> Iterator[bytes]:
        yield urlencode(_FORM).encode()
        yield b"settings_text=a%0d%0ab&instead_of=" + b"00" * 32
        yield b"lists=personal=0a0b+0c;other="

    return Target(run=run, seeds=seeds, most=2048, words=tuple(f"&{name}=".encode() for name in _FORM))


_FORM: Final = {
    "hours": "4", "switch": "on", "resident": "000000000000001", "scope": "kiosk", "part": "K-0001",
    "case": "7", "visit": "0f" * 16, "ordinal": "1", "outcome": "printed", "after_page": "0",
    "taken": "300", "returned": "0", "owed": "0", "number": "131997-261120-10000017-3",
    "kiosk": "K-0001", "day": "2026-11-20", "person": "aoki", "name": "青木", "credential": "0a0b",
    "public_key": "a5", "until": "2027-03-31", "reason": "届", "process": "registry",
    "code": "ABCD-2345", "role": "clerk", "effective": "2026-11-20", "source": "届書", "seen": "0",
    "text": "{}", "begins": "2026-11-20",
}  # fmt: skip

_ORIGIN: Final = "https://console.ward.example"
_CHALLENGE: Final = b"c" * 32


def passkeys() -> Target:
    """What a browser answers for a passkey, when one is made and when one signs."""
    judge = Passkeys(_ORIGIN, "澄川区")
    authenticator = Authenticator(origin=_ORIGIN, entropy=SeededEntropy(3))
    person = Person(person="aoki", name="青木", handle=bytes(32), begun=0, left_at=0)
    created = authenticator.create(judge.to_enrol(person, _CHALLENGE))
    made = judge.enrolled(created, _CHALLENGE)
    kept = Passkey(credential=made.credential, person="aoki", public_key=made.public_key, sign_count=0)
    signed = authenticator.get(judge.to_assert(_CHALLENGE, [kept]))

    def run(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for read in (
            lambda: challenge_of(text),
            lambda: credential_of(text),
            lambda: judge.enrolled(text, _CHALLENGE),
            lambda: judge.asserted(text, _CHALLENGE, kept),
            lambda: judge.asserted(_answered(signed, data), _CHALLENGE, kept),
            lambda: judge.enrolled(_attested(created, data), _CHALLENGE),
            lambda: check_public_key(data),
        ):
            try:
                read()
            except Refused:
                continue
        try:
            read_origin(text)
        except ValueError:
            return

    def seeds() -> Iterator[bytes]:
        yield created.encode()
        yield signed.encode()
        yield base64.urlsafe_b64decode(json.loads(created)["response"]["attestationObject"] + "==")
        yield base64.urlsafe_b64decode(json.loads(signed)["response"]["clientDataJSON"] + "==")
        yield made.public_key
        yield _ORIGIN.encode()

    return Target(run=run, seeds=seeds, mutate=members, most=2048)


def _answered(signed: str, data: bytes) -> str:
    """Put other client data into an answer."""
    answer = json.loads(signed)
    answer["response"]["clientDataJSON"] = _text(data)
    return json.dumps(answer)


def _attested(created: str, data: bytes) -> str:
    """Put another attestation into an answer."""
    answer = json.loads(created)
    answer["response"]["attestationObject"] = _text(data)
    return json.dumps(answer)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")

"""Every class that is read from the wire, from a store or from a file of ours by `konbini.protocol.shape`.

An input is the class's place in the list (two bytes) and the encoded array. What is taken must be written again as the
very bytes. `test_complete.py` compares the list with the source.
"""

from __future__ import annotations

import dataclasses
import random
import types
import typing
from collections.abc import Iterator
from enum import IntEnum
from importlib import import_module
from typing import Annotated, Any, Final

from konbini.protocol.codec import Value
from konbini.protocol.errors import Refused
from konbini.protocol.shape import Sized, UpTo, from_bytes, from_value, to_bytes, to_value
from konbini.ward_server.residents.changes import BODIES
from konbini.ward_server.residents.feed import FeedEntry
from konbini.ward_server.residents.seal import SealImage
from tests.fuzz.mutating import behind, values
from tests.fuzz.target import Target
from tests.impressions import seal_image

__all__ = ["CLASSES", "classes", "example", "messages"]

CLASSES: Final = {
    "konbini.kiosk.channel.messages": (
        "Answered Concluded Devices FailedCheck Left Opened OrderStep Question WardsOnOffer"
    ),
    "konbini.pdf.paper_seal.issuers": "IssuerList",
    "konbini.pdf.paper_seal.status": "StatusList",
    "konbini.protocol.accounts": "CenterCounts DayFigures FiguresBody",
    "konbini.protocol.batches": "_Member _Root",
    "konbini.protocol.frames": "Frame LinkRefusal",
    "konbini.protocol.own_list": "OwnList OwnListAsk OwnListBody",
    "konbini.protocol.receipt_code": "VisitEntries",
    "konbini.protocol.receipts": "Ask Final LeftPaper Mismatch Receipt ReceiptBody",
    "konbini.protocol.service": "Notice State",
    "konbini.protocol.tickets": "Hello Prekey Ticket VisitKeys",
    "konbini.protocol.trust": "Enrolment MessageKeyCertificate WardDirectory",
    "konbini.protocol.visits": "Document Enclosed Menu OpenBody Opening Order OrderBody",
    "konbini.protocol.witnessing": "Cosigned",
    "konbini.ward_server.audit.checkpoints": "Checkpoints",
    "konbini.ward_server.audit.log": "AuditEntry",
    "konbini.ward_server.clerk.calls": "ClerkCondition",
    "konbini.ward_server.clerk.evidence": "Certified Evidence Sealed",
    "konbini.ward_server.console.acting": "Evidence",
    "konbini.ward_server.console.disclosure": "Disclosure",
    "konbini.ward_server.console.looking": "Asked",
    "konbini.ward_server.console.machine": "_Codes _First _Named _Waiting",
    "konbini.ward_server.console.staff": "StaffChange",
    "konbini.ward_server.decisions.calls": "_About _AllWaiting _Because _Behind _By _Enter",
    "konbini.ward_server.following.outage": "HoldOn Hours Switch",
    "konbini.ward_server.issuing.decided": "CaseNumber KioskDay Withdrawn",
    "konbini.ward_server.issuing.ledger.barred": "Part",
    "konbini.ward_server.issuing.ledger.doubts": "Settlement",
    "konbini.ward_server.issuing.view": "IssuanceFound IssuancesFound LiveView",
    "konbini.ward_server.keeping.calls": "_About _After _By _Dispose _Signed",
    "konbini.ward_server.keeping.disposal_list": "Disposal",
    "konbini.ward_server.keeping.disposal_rows": "Disposed RetentionShown",
    "konbini.ward_server.keeping.key_calls": "_By",
    "konbini.ward_server.keeping.key_lists": "KeysShown ListsSeen",
    "konbini.ward_server.keeping.manifest": "BackupHeader Manifest",
    "konbini.ward_server.residents.archive": "Accesses History Past",
    "konbini.ward_server.residents.beside_rows": "_LinkContent _RestrictionContent",
    "konbini.ward_server.residents.bulk": "BulkAnswer",
    "konbini.ward_server.residents.bulk_calls": "EnterBulk OneBulk _Rows",
    "konbini.ward_server.residents.calls": (
        "AccessesOf Applied Approve CertifyMessageKey Enter FeedAfter Follows HeartbeatFor HeldPart HeldRowsOf "
        "HistoryOf IndividualNumberOf LookUp PastRecord Pending Show StateAt StatisticsFor Withdraw"
    ),
    "konbini.ward_server.residents.changes": "Change Restriction",
    "konbini.ward_server.residents.comparing": "HeldTree RowsOf",
    "konbini.ward_server.residents.entry": "RegisterEntry",
    "konbini.ward_server.residents.feed": "EntryDraft Heartbeat",
    "konbini.ward_server.residents.feed_blocks": "BlockHead _Disposed _Wire",
    "konbini.ward_server.residents.figures": "Figures",
    "konbini.ward_server.residents.operator_line": "_AllWaiting",
    "konbini.ward_server.residents.record": "IndividualNumberPart ResidentRecord",
    "konbini.ward_server.residents.registry": "Found",
    "konbini.ward_server.residents.seal": "SealRegistration",
    "konbini.ward_server.residents.town": "TownCard TownSeal",
    "konbini.ward_server.residents.witness": "Told",
    "konbini.ward_server.settings.kept.calls": "SettingsText _By _Numbered _Versions",
    "konbini.ward_server.settings.kept.changing": "NewSettings",
    "konbini.ward_server.signed_acts.calls": "By EndOperator SignedCall _Roll",
    "konbini.ward_server.signed_acts.proof": "Proof",
    "konbini.ward_server.signed_acts.roll": "Enrolment",
}
"""By module; beside these every body of a change, and what an entry of the feed carries."""
_HEAD: Final = 2
_MOST: Final = 1 << 20


def classes() -> tuple[type, ...]:
    """Give the classes, in the list's order."""
    listed = [getattr(import_module(module), name) for module, names in CLASSES.items() for name in names.split()]
    return tuple(dict.fromkeys((*listed, *BODIES.values(), FeedEntry)))


def messages() -> Target:
    """All classes in one: an input that was of one may be one of another."""
    known = classes()

    def run(data: bytes) -> None:
        kind = known[int.from_bytes(data[:_HEAD]) % len(known)]
        try:
            message: object = from_bytes(kind, data[_HEAD:], _MOST)
        except Refused:
            return
        if to_bytes(message) != data[_HEAD:]:
            raise AssertionError(f"{kind.__name__} is written otherwise than it was read")

    def seeds() -> Iterator[bytes]:
        for place, kind in enumerate(known):
            yield place.to_bytes(_HEAD) + example(kind)

    return Target(run=run, seeds=seeds, mutate=behind(_HEAD, values), most=8192)


def example(kind: type, seed: int = 0) -> bytes:
    """Make a message of a class from its declaration, encoded.

    Raises:
        ValueError: none of a thousand tries is one.
    """
    chance = random.Random(f"{kind.__name__} {seed}")  # noqa: S311 - spoils, not secrets
    for _ in range(1000):
        try:
            return to_bytes(from_value(kind, _value(kind, chance)))
        except (Refused, ValueError, TypeError):
            continue
    raise ValueError(f"no example of {kind.__name__}")


def _value(form: Any, chance: random.Random) -> Value:  # noqa: ANN401, PLR0911 - a type form; one answer each
    origin = typing.get_origin(form)
    if origin is Annotated:
        bare, *bounds = typing.get_args(form)
        return _bounded(bare, bounds, chance)
    if origin in (types.UnionType, typing.Union):
        inner = next(one for one in typing.get_args(form) if one is not types.NoneType)
        return None if chance.random() < 0.3 else _value(inner, chance)
    if origin is tuple:
        return [_value(typing.get_args(form)[0], chance) for _ in range(chance.randint(0, 2))]
    if form is SealImage:
        return to_value(seal_image())
    if dataclasses.is_dataclass(form):
        hints = typing.get_type_hints(form, include_extras=True)
        return [_value(hints[field.name], chance) for field in dataclasses.fields(form)]
    if issubclass(form, IntEnum):
        return int(chance.choice(list(form)))
    plain: dict[type, Value] = {
        bool: chance.random() < 0.5,
        int: chance.choice((0, 1, 7, 20261120)),
        str: chance.choice(("", "131997", "見本")),
        bytes: chance.randbytes(chance.choice((0, 1, 32))),
    }
    return plain[form]


def _bounded(bare: Any, bounds: list[Any], chance: random.Random) -> Value:  # noqa: ANN401 - a type form and its bounds
    span = next((bound.span for bound in bounds if isinstance(bound, Sized | UpTo)), None)
    if span is None:  # a date, or a text of a spelling of its own
        return chance.choice((20261120, 0)) if bare is int else "o-17"
    least, most = span
    if bare is int:
        return chance.choice((least, min(most, 1), min(most, 20261120)))
    length = chance.choice((least, min(most, max(least, 6))))
    if bare is bytes:
        return chance.randbytes(length)
    if bare is str:
        return ("131997" * length)[:length]
    return _value(bare, chance)

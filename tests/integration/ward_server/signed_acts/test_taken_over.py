"""A console that was taken over: it reaches the operators' sockets and has everything but the people's passkeys.

Whatever it sends here goes over the sockets that a console calls, to processes as their wiring rooms build them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from konbini.process.calls import CallClient
from konbini.protocol.codec import Value
from konbini.protocol.errors import Code, Refused
from konbini.protocol.shape import to_bytes, to_value
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.decisions.calls import (
    OPEN_DECISION_METHODS,
    DecisionMethod,
    agreeing,
    declining,
    entering,
    reconciling,
    stopping,
)
from konbini.ward_server.decisions.decision import Decision, DecisionKind
from konbini.ward_server.issuing.operator_calls import OPEN_ISSUING_METHODS, IssuingMethod
from konbini.ward_server.issuing.view import OPEN_VIEW_METHODS, ViewMethod
from konbini.ward_server.keeping.calls import (
    OPEN_RETENTION_METHODS,
    RetentionMethod,
    approving_disposal,
    disposing,
    withdrawing_disposal,
)
from konbini.ward_server.keeping.key_calls import OPEN_KEYS_METHODS, KeysMethod
from konbini.ward_server.residents.bulk_calls import OPEN_BULK_METHODS, BulkMethod, approving_bulk, entering_bulk
from konbini.ward_server.residents.calls import OPEN_OPERATOR_METHODS, OperatorMethod
from konbini.ward_server.residents.changes import ChangeKind, Restriction, new_change
from konbini.ward_server.residents.operator_line import approving_change, entering_change, withdrawing_change
from konbini.ward_server.settings.kept.calls import OPEN_SETTINGS_METHODS, SettingsMethod
from konbini.ward_server.settings.retention import Kept
from konbini.ward_server.signed_acts import events
from konbini.ward_server.signed_acts.call import OperatorsCall, place_of, send
from konbini.ward_server.signed_acts.calls import (
    OPEN_ROLL_METHODS,
    SignedCall,
    SignedMethod,
    ask_challenge,
    ending_operator,
)
from tests.integration.ward_server.people import HEAD, TODAY
from tests.integration.ward_server.ward import Ward
from tests.unit.ward_server.signed_acts.signing import ORIGIN, Signer

SOCKETS = {"registry": "operators.sock", "issuing": "issuing-operators.sock", "clerk": "clerk-operators.sock"}
CHANGE = new_change(
    ChangeKind.MEASURE_SET,
    HEAD,
    Restriction(name="S-2026-0001", planned_end=None),
    seen=0,
    effective=TODAY,
    source="届書",
)
STRANGER = Decision(
    kind=DecisionKind.OPERATOR_ENROLLED,
    reason="着任",
    content=to_bytes(Signer(person="chiba", entropy=SeededEntropy(41)).enrolment()),
)
RELEASE = Decision(kind=DecisionKind.RELEASE, reason="原因が分かった")
RESTORED = Decision(kind=DecisionKind.RESTORED, reason="訓練")


@dataclass(kw_only=True)
class TakenOver:
    """What a console has: lines to the sockets, and two people who sign what they are shown."""

    ward: Ward
    lines: dict[str, CallClient]
    aoki: Signer
    bando: Signer

    async def signed(self, process: str, signer: Signer, call: OperatorsCall[Any], *, person: str = "") -> SignedCall:
        """Have somebody sign a call at a process."""
        nonce = await ask_challenge(self.lines[process])
        assert nonce is not None
        return signer.signed(call, place_of(self.ward.code, process), nonce, person=person)

    async def send(self, process: str, signed: SignedCall) -> Value:
        """Send what was signed, or what became of it."""
        value = to_value(signed)
        assert isinstance(value, list)
        return await self.lines[process].call(SignedMethod.SIGNED, *value, within=30.0)

    async def act(self, process: str, signer: Signer, call: OperatorsCall[Any]) -> Value:
        """Have somebody sign a call, and send it."""
        return await self.send(process, await self.signed(process, signer, call))

    async def refusal(self, process: str, signed: SignedCall) -> Code:
        """Send what is refused, and say why."""
        with pytest.raises(Refused) as refused:
            await self.send(process, signed)
        return refused.value.code

    def waiting(self, process: str) -> list[tuple[Any, ...]]:
        """Give what waits at a process."""
        if process == "registry":
            return self.ward.rows(process, "SELECT * FROM change WHERE state = 1")
        return self.ward.rows(process, "SELECT * FROM decision WHERE state = 1")


@pytest.fixture
async def over(ward: Ward) -> AsyncIterator[TakenOver]:
    """Enrol two people, and take acts signed alone."""
    aoki, bando = (Signer(person=name, entropy=SeededEntropy(seed)) for name, seed in (("aoki", 11), ("bando", 12)))
    await ward.sign_acts(ORIGIN, (aoki.enrolment(), bando.enrolment()))
    peers = frozenset({os.getuid()})
    lines = {process: CallClient(ward.town.run / socket, peers=peers) for process, socket in SOCKETS.items()}
    yield TakenOver(ward=ward, lines=lines, aoki=aoki, bando=bando)
    for line in lines.values():
        await line.close()


_CALLS: dict[str, tuple[Callable[[str], OperatorsCall[Any]], ...]] = {
    "registry": (
        lambda name: entering_change(name, CHANGE.to_bytes()),
        lambda name: approving_change(name, "0102030405060708"),
        lambda name: withdrawing_change(name, "0102030405060708"),
        lambda name: entering_bulk(name, "名簿", [CHANGE]),
        lambda name: approving_bulk(name, "0102030405060708"),
    ),
    "issuing": (reconciling, lambda name: entering(name, RELEASE)),
    "clerk": (reconciling, lambda name: entering(name, RELEASE)),
}
_EVERYWHERE: tuple[Callable[[str], OperatorsCall[Any]], ...] = (
    lambda name: entering(name, STRANGER),
    lambda name: agreeing(name, "0102030405060708"),
    lambda name: declining(name, "0102030405060708"),
    lambda name: disposing(name, Kept.DECISION),
    lambda name: approving_disposal(name, "0102030405060708"),
    lambda name: withdrawing_disposal(name, "0102030405060708"),
    lambda name: ending_operator(name, "aoki"),
)


def test_every_method_that_acts_is_tried_here() -> None:
    """What is tried below is all that no socket opens."""
    tried = {call("aoki").method for calls in (*_CALLS.values(), _EVERYWHERE) for call in calls}
    methods = (
        *(OperatorMethod, BulkMethod, DecisionMethod, RetentionMethod),
        *(IssuingMethod, ViewMethod, SettingsMethod, KeysMethod, SignedMethod),
    )
    everything = {int(method) for kind in methods for method in kind}
    assert tried == everything - _opened() - {SignedMethod.CHALLENGE, SignedMethod.SIGNED}


def test_what_is_open_is_named_here_too() -> None:
    """A method that is added stays guarded until somebody opens it, here as well as where it is declared."""
    reads_of_the_registry = {14, 15, 16, 31, 32, 33, 34, 72}
    of_each_process = {38, 44, 45, 47, 51, 52, 56, 61, 65}
    of_issuing = {81, 82, 83, 84, 85, 86, 89, 101, 102, 103, 104}
    assert _opened() == reads_of_the_registry | of_each_process | of_issuing


def _opened() -> set[int]:
    opened = (
        *(OPEN_OPERATOR_METHODS, OPEN_BULK_METHODS, OPEN_DECISION_METHODS, OPEN_RETENTION_METHODS),
        *(OPEN_ISSUING_METHODS, OPEN_VIEW_METHODS, OPEN_SETTINGS_METHODS, OPEN_KEYS_METHODS, OPEN_ROLL_METHODS),
    )
    return {int(method) for some in opened for method in some}


@pytest.mark.parametrize("process", sorted(SOCKETS))
async def test_it_names_whom_it_likes_and_nothing_is_done(over: TakenOver, process: str) -> None:
    """Unsigned: each act of each process, in the name of people who are there."""
    refused_before = len(_recorded(over, process))
    calls = (*_CALLS[process], *_EVERYWHERE)
    for call in calls:
        with pytest.raises(Refused) as refused:
            await send(over.lines[process], call("aoki"))
        assert refused.value.code is Code.PROOF_NEEDED
    assert over.waiting(process) == []
    assert len(_recorded(over, process)) - refused_before == len(calls)


@pytest.mark.parametrize("process", sorted(SOCKETS))
async def test_it_invents_two_persons_with_passkeys_of_its_own(over: TakenOver, process: str) -> None:
    """Under new names, and under those of people who are there; it cannot put its own keys into the roll."""
    for person in ("chiba", "aoki"):
        thief = Signer(person=person, entropy=SeededEntropy(41))
        for call in (_CALLS[process][0](person), entering(person, STRANGER)):
            signed = await over.signed(process, thief, call)
            assert await over.refusal(process, signed) is Code.OPERATOR_UNKNOWN
    assert over.waiting(process) == []
    keys = over.ward.rows(process, "SELECT person FROM operator_key ORDER BY person")
    assert keys == [("aoki",), ("bando",)]


async def test_one_persons_proof_does_not_approve_for_another(over: TakenOver) -> None:
    """What one entered, no proof of theirs approves: neither in the other's name nor in their own."""
    change_id = await over.act("registry", over.aoki, entering_change("aoki", CHANGE.to_bytes()))
    assert isinstance(change_id, str)
    in_anothers_name = await over.signed("registry", over.aoki, approving_change("bando", change_id), person="bando")
    assert await over.refusal("registry", in_anothers_name) is Code.OPERATOR_UNKNOWN
    spelled_otherwise = await over.signed("registry", over.aoki, approving_change("aoki-2", change_id), person="aoki-2")
    assert await over.refusal("registry", spelled_otherwise) is Code.OPERATOR_UNKNOWN
    own = await over.signed("registry", over.aoki, approving_change("aoki", change_id))
    assert await over.refusal("registry", own) is Code.SAME_PERSON
    assert len(over.waiting("registry")) == 1


async def test_it_replays_a_proof(over: TakenOver) -> None:
    """The same bytes again, at once or after the process was started anew, do nothing."""
    signed = await over.signed("clerk", over.aoki, entering("aoki", RESTORED))
    await over.send("clerk", signed)
    assert await over.refusal("clerk", signed) is Code.PROOF_REFUSED
    await over.ward.stop("clerk")
    await over.ward.start("clerk")
    assert await over.refusal("clerk", signed) is Code.PROOF_REFUSED
    assert len(over.waiting("clerk")) == 1


async def test_it_swaps_what_was_signed(over: TakenOver) -> None:
    """A person signed one call: another change, another decision, another method does not go with it."""
    other = replace(CHANGE, resident="another")
    for process, call, instead in (
        ("registry", entering_change("aoki", CHANGE.to_bytes()), entering_change("aoki", other.to_bytes())),
        ("registry", withdrawing_change("aoki", "01"), approving_change("aoki", "01")),
        ("issuing", entering("aoki", RESTORED), entering("aoki", STRANGER)),
        ("clerk", declining("aoki", "01"), agreeing("aoki", "01")),
    ):
        signed = await over.signed(process, over.aoki, call)
        swapped = replace(signed, method=instead.method, arguments=instead.arguments)
        assert await over.refusal(process, swapped) is Code.PROOF_REFUSED
        assert over.waiting(process) == []


async def test_it_sends_a_proof_to_another_process(over: TakenOver) -> None:
    """What was signed for the one, under its challenge or under the other's own, is not taken by the other."""
    call = entering("aoki", RESTORED)
    for_issuing = await over.signed("issuing", over.aoki, call)
    assert await over.refusal("clerk", for_issuing) is Code.PROOF_REFUSED
    nonce = await ask_challenge(over.lines["clerk"])
    assert nonce is not None
    under_the_clerks = over.aoki.signed(call, place_of(over.ward.code, "issuing"), nonce)
    assert await over.refusal("clerk", under_the_clerks) is Code.PROOF_REFUSED
    assert over.waiting("clerk") == []


async def test_a_passkey_that_ended_signs_nothing_more(over: TakenOver) -> None:
    """One person ends it; what it had signed before it ended, and was held back, is not taken either."""
    held_back = await over.signed("clerk", over.aoki, entering("aoki", RESTORED))
    assert await over.act("clerk", over.bando, ending_operator("bando", "aoki")) == 1
    assert await over.refusal("clerk", held_back) is Code.OPERATOR_UNKNOWN
    again = await over.signed("clerk", over.aoki, entering("aoki", RESTORED))
    assert await over.refusal("clerk", again) is Code.OPERATOR_UNKNOWN


async def test_a_proof_that_was_made_at_another_page_is_refused(over: TakenOver) -> None:
    """The very passkey, brought to sign at another origin than the console's."""
    elsewhere = Signer(person="aoki", origin="https://console.ward.example.org", entropy=SeededEntropy(11))
    elsewhere.authenticator = replace(over.aoki.authenticator.copy(), origin=elsewhere.origin)
    elsewhere.credential, elsewhere.public_key = over.aoki.credential, over.aoki.public_key
    signed = await over.signed("clerk", elsewhere, entering("aoki", RESTORED))
    assert await over.refusal("clerk", signed) is Code.PROOF_REFUSED


@pytest.mark.parametrize("process", ["issuing", "clerk"])
async def test_anybody_stops_and_two_signatures_release(over: TakenOver, process: str) -> None:
    """Unsigned, in whatever name: the safe side. A release in invented names, and by one person twice, does nothing."""
    await send(over.lines[process], stopping("chiba", "変な紙"))
    assert over.ward.stops()[process] is not None
    decision = await over.act(process, over.aoki, entering("aoki", RELEASE))
    assert isinstance(decision, str)
    for signer in (over.aoki, Signer(person="chiba", entropy=SeededEntropy(41))):
        signed = await over.signed(process, signer, agreeing(signer.person, decision))
        assert await over.refusal(process, signed) in (Code.SAME_PERSON, Code.OPERATOR_UNKNOWN)
    assert over.ward.stops()[process] is not None


def _recorded(over: TakenOver, process: str) -> list[Any]:
    refused = {"registry": events.REGISTRY, "issuing": events.ISSUING, "clerk": events.CLERK}[process].refused
    return [one for one in over.ward.audit(process) if one.event is refused]

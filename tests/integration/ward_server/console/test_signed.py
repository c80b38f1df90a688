"""Acts that each process checks itself: two persons at the console, and what a process says to strangers."""

from __future__ import annotations

import pytest

from konbini.protocol.errors import Code
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.console.rights import Role
from konbini.ward_server.signed_acts import events
from konbini.ward_server.signed_acts.events import SignedEvents
from tests.integration.ward_server.console.house import ENDS, FIRST, House, waiting_id
from tests.integration.ward_server.people import HEAD
from tests.unit.ward_server.signed_acts.signing import Signer

DAY = "2026-11-20"
MEASURE = {"name": "S-2026-0100", "category": "stalking", "planned_end": "2027-11-19", "effective": DAY, "seen": "0"}
NEW_KEY = Signer(person="tanaka", entropy=SeededEntropy(51)).public_key.hex()
EVENTS = {"registry": events.REGISTRY, "issuing": events.ISSUING, "clerk": events.CLERK}


def proofs(house: House, process: str) -> list[tuple[AuditEvent, tuple[str, ...], int]]:
    """Give what a process recorded of proofs."""
    of: SignedEvents = EVENTS[process]
    wanted = (of.taken, of.concluded, of.refused)
    return [(one.event, one.operators, one.code) for one in house.ward.audit(process) if one.event in wanted]


async def test_a_change_is_entered_and_approved_under_two_signatures(house: House) -> None:
    """In force at the copy; the registry keeps both proofs, which hold for whoever checks its rows."""
    people = await house.people(aoki=Role.ENTRY, bando=Role.APPROVAL)
    aoki, bando = people["aoki"], people["bando"]
    await house.sign_acts()
    before = len(house.ward.rows("issuing", "SELECT in_force FROM bar"))
    change = waiting_id(await aoki.do("measure-set", resident=HEAD, reason="支援措置申出書", **MEASURE))
    shown = await bando.prepare("approve", change=change, reason="申出書を確認")
    done = await house.finished(bando, "approve", shown)
    assert "実行しました" in done.text
    assert len(house.ward.rows("issuing", "SELECT in_force FROM bar")) == before + 1
    of = events.REGISTRY
    assert proofs(house, "registry") == [
        (event, (person,), 0) for person in ("aoki", "bando") for event in (of.taken, of.concluded)
    ]
    signed = dict(house.ward.rows("console", "SELECT person, digest FROM act"))
    kept = dict(house.ward.rows("registry", "SELECT person, challenge FROM signed_act"))
    assert kept == signed
    assert await house.ward.at_store("check-proofs", "registry") == (0, ["2 of 2 proofs hold"])
    await house.ward.stop("registry")
    on = " ON change" if house.ward.place.engine == "postgresql" else ""
    house.ward.write("registry", f"DROP TRIGGER change_concluded{on}")
    house.ward.write("registry", "UPDATE change SET concluded_by = 'chiba' WHERE state = 2")
    code, (named, counted) = await house.ward.at_store("check-proofs", "registry")
    assert (code, named, counted) == (1, f"without a proof: change {change} by chiba", "2 of 2 proofs hold")
    await house.ward.start("registry")


@pytest.mark.parametrize("process", ["issuing", "clerk"])
async def test_a_stop_is_open_and_its_release_is_signed_by_two(house: House, process: str) -> None:
    """The safe side asks for no proof; what ends it asks two persons for theirs."""
    people = await house.people(aoki=Role.MAINTENANCE, bando=Role.SUPERVISION)
    aoki, bando = people["aoki"], people["bando"]
    await house.sign_acts("aoki")
    assert "実行しました" in (await aoki.do("stop", process=process, reason="訓練")).text
    assert house.ward.stops()[process] is not None
    refused = await aoki.do("release", process=process, reason="訓練の終わり")
    assert Code.OPERATOR_UNKNOWN.name in refused.text
    assert "操作者名簿にありません" in refused.text
    decision = waiting_id(await bando.do("release", process=process, reason="訓練の終わり"))
    own = await bando.do("agree", process=process, decision=decision, reason="確認")
    assert Code.SAME_PERSON.name in own.text
    assert house.ward.stops()[process] is not None


@pytest.mark.parametrize("process", ["registry", "issuing", "clerk"])
async def test_two_persons_put_a_third_into_the_roll_and_one_takes_away(house: House, process: str) -> None:
    """From then on the third one's passkey counts there, until it is taken out; nobody puts themselves in."""
    await house.first()
    await house.second()
    for person in ("tanaka", "ueda", "aoki"):
        await house.person(person, Role.SUPERVISION)
    tanaka, ueda, aoki = (house.browsers[person] for person in ("tanaka", "ueda", "aoki"))
    await house.sign_acts("aoki")
    form = enrolment(house, "aoki", process)
    assert Code.OPERATOR_UNKNOWN.name in (await aoki.do("enrol-operator", **form)).text
    decision = waiting_id(await tanaka.do("enrol-operator", **form))
    shown = await ueda.prepare("agree", process=process, decision=decision, reason="指紋を確認")
    assert form["credential"] in shown.text
    assert "実行しました" in (await ueda.confirm("agree", shown)).text
    entered = waiting_id(await aoki.do("restored", process=process, reason="訓練"))
    assert "実行しました" in (await aoki.do("decline", process=process, decision=entered, reason="訓練")).text
    taken = await tanaka.do("end-operator", process=process, person="aoki", reason="離任")
    assert "実行しました" in taken.text
    assert Code.OPERATOR_UNKNOWN.name in (await aoki.do("restored", process=process, reason="訓練")).text
    assert Code.CHANGE_INVALID.name in (await tanaka.do("enrol-operator", **form)).text
    of = EVENTS[process]
    assert [
        (one.operators, one.about)
        for one in house.ward.audit(process)
        if one.event in (of.enrolled, of.ended) and one.operators != ("x", "y")
    ] == [(("tanaka", "ueda"), "aoki"), (("tanaka",), "aoki")]


def enrolment(house: House, person: str, process: str) -> dict[str, str]:
    """Give the form that puts a person's passkey into a roll."""
    rows = house.ward.rows("console", f"SELECT credential, public_key FROM passkey WHERE person = '{person}'")  # noqa: S608 - a test's name
    ((credential, key),) = rows
    form = {"person": person, "credential": bytes(credential).hex(), "public_key": bytes(key).hex()}
    return {"process": process, "until": "2027-03-31", "reason": "着任", **form}


async def test_nobody_puts_themselves_into_a_roll(house: House) -> None:
    """Neither who enters nor who agrees is whose passkey it is; and what is no passkey's is refused by its field."""
    await house.first()
    await house.second()
    tanaka, ueda, aoki = [await house.person(person, Role.SUPERVISION) for person in ("tanaka", "ueda", "aoki")]
    await house.sign_acts("aoki")
    told = enrolment(house, "aoki", "clerk")
    for wrong in ({"until": "2028-03-31"}, {"until": "2026-11-19"}, {"public_key": "00"}, {"credential": "zz"}):
        assert Code.CHANGE_INVALID.name in (await ueda.do("enrol-operator", **{**told, **wrong})).text
    decision = waiting_id(await tanaka.do("enrol-operator", **told))
    assert "実行しました" in (await ueda.do("agree", process="clerk", decision=decision, reason="確認")).text
    anew = {**told, "person": "tanaka", "credential": "0102", "public_key": NEW_KEY}
    for enters, agrees in ((tanaka, ueda), (ueda, tanaka)):
        decision = waiting_id(await enters.do("enrol-operator", **anew))
        refused = await agrees.do("agree", process="clerk", decision=decision, reason="確認")
        assert Code.OWN_RIGHTS.name in refused.text
    decision = waiting_id(await aoki.do("enrol-operator", **anew))
    assert "実行しました" in (await ueda.do("agree", process="clerk", decision=decision, reason="確認")).text


@pytest.mark.parametrize("process", ["registry", "issuing", "clerk"])
async def test_no_roll_begins_where_acts_are_taken_by_name(house: House, process: str) -> None:
    """Whoever could name two persons would put their own keys in before they count."""
    await house.first()
    await house.second()
    tanaka = await house.person("tanaka", Role.SUPERVISION)
    refused = await tanaka.do("enrol-operator", **enrolment(house, FIRST, process))
    assert Code.PROOF_NEEDED.name in refused.text
    assert house.ward.rows(process, "SELECT decision_id FROM decision") == []


async def test_an_act_that_was_prepared_before_a_start_is_done_again(house: House) -> None:
    """A process that was started anew knows no challenge of its life before; nothing was done."""
    people = await house.people(aoki=Role.SUPERVISION)
    await house.sign_acts()
    aoki = people["aoki"]
    preview = await aoki.prepare("restored", process="clerk", reason="訓練")
    await house.ward.stop("clerk")
    await house.ward.start("clerk")
    refused = await aoki.confirm("restored", preview)
    assert Code.PROOF_REFUSED.name in refused.text
    assert house.ward.rows("clerk", "SELECT decision_id FROM decision") == []
    assert waiting_id(await aoki.do("restored", process="clerk", reason="訓練"))


async def test_the_roll_is_read_at_the_machine(house: House) -> None:
    """Who is in it, until when; and one passkey is not put in twice."""
    await house.first()
    await house.sign_acts()
    ((credential, key),) = house.ward.rows("console", "SELECT credential, public_key FROM passkey")
    told = ("--person", "other", "--credential", "00", "--public-key", bytes(key).hex(), "--until", "2027-03-31")
    vouched = ("--entered-by", "x", "--approved-by", "y")
    await house.ward.stop("clerk")
    assert await house.ward.at_store("enrol-operator", "clerk", *told, *vouched) == (1, [])
    await house.ward.start("clerk")
    assert await house.ward.at_store("enrol-operator", "clerk", *told, *vouched) == (2, [])
    assert house.ward.rows("clerk", "SELECT person, until FROM operator_key") == [("sato", ENDS)]
    assert bytes(house.ward.rows("clerk", "SELECT credential FROM operator_key")[0][0]) == bytes(credential)

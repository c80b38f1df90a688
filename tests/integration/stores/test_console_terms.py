"""What the console keeps for a time, on both engines: judged, disposed of by two, and what never goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest

from konbini.process.rows import Rows
from konbini.process.statements import Connection, Parameters
from konbini.process.stores import open_rows
from konbini.process.tree_rows import root_at
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.japan import JAPAN
from konbini.simulation.clock import SettableClock
from konbini.simulation.entropy import SeededEntropy
from konbini.ward_server.audit import log
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.console.code_rows import OnceCode
from konbini.ward_server.console.ending import HOLDINGS, RETENTION_EVENTS
from konbini.ward_server.console.rights import Right, Role
from konbini.ward_server.console.sign_in_rows import put_failed
from konbini.ward_server.console.staff import (
    CodePurpose,
    KeptStaffChange,
    Passkey,
    Person,
    StaffChange,
    StaffKind,
    StaffState,
    Terminal,
)
from konbini.ward_server.console.staff_rows import StaffRows
from konbini.ward_server.keeping.disposal_list import Disposal, open_list
from konbini.ward_server.keeping.disposal_rows import Disposed
from konbini.ward_server.keeping.retention import DisposalPen, RetentionDesk
from konbini.ward_server.settings.calendar import Period
from konbini.ward_server.settings.retention import Kept, Retention, Term
from konbini.ward_server.storage.keyed_hash import KeyedHash
from tests.places import ENGINE_FAULTS, Place, address, rows_of

WARD = "131997"
SINCE = Period(begins=dt.date(2020, 1, 1))
TABLE = tuple(Retention(period=SINCE, kept=kept, term=Term(years=5)) for kept in Kept)
DAY, DUE = dt.date(2026, 11, 20), dt.date(2031, 11, 21)
TARGET = "2026-11-20"
HASHES = KeyedHash(bytes(32))
BLOCK = 256


def at(day: dt.date) -> int:
    """Give noon of a day in Japan, Unix milliseconds."""
    return int(dt.datetime(day.year, day.month, day.day, 12, tzinfo=JAPAN).timestamp() * 1000)


NOW = at(DAY)


class Office:
    """The console's store with its desk of retention, and a clock that a test sets."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.rows: Rows = open_rows(address(place, "console"), files("konbini.ward_server.console") / "migrations")
        self.clock, self.key = SettableClock(NOW), SigningKey.generate()
        self.staff = StaffRows(HASHES)
        self.desk = RetentionDesk(
            self.rows,
            holdings=HOLDINGS,
            retention=lambda: TABLE,
            pen=DisposalPen(key=self.key, municipality=WARD),
            events=RETENTION_EVENTS,
            clock=self.clock,
            entropy=SeededEntropy(1),
        )

    async def put(self, statement: str, *rows: Parameters) -> None:
        """Write rows."""
        await self.rows.write(lambda connection: connection.executemany(statement, list(rows)).rowcount)

    async def acts(self, *acts: tuple[int, int, int], person: str = "aoki") -> None:
        """Keep acts: number, state, and the entry of the log that confirmed it."""
        await self.put(
            "INSERT INTO act (act_id, person, name, about, digest, hidden, moment, state, code, log_index)"
            " VALUES (?, ?, 'stop', '', ?, ?, ?, ?, 0, ?)",
            *((f"{one:02d}", person, bytes([one]) * 32, b"evidence", NOW, state, index) for one, state, index in acts),
        )

    async def looks(self, *looks: tuple[int, int, int]) -> None:
        """Keep look-ups: entry of the log, flags, when they were closed."""
        await self.put(
            "INSERT INTO look_up (log_index, person, moment, flags, hidden, closed_by, closed_at, remark)"
            " VALUES (?, 'aoki', ?, ?, ?, '', ?, '')",
            *((index, NOW, flags, b"whose", closed) for index, flags, closed in looks),
        )

    async def due(self, day: dt.date) -> dict[Kept, tuple[str, ...]]:
        """Judge on a day, and give what is shown."""
        self.clock.set_wall(at(day))
        await self.desk.judge()
        return {one.kept: one.targets for one in (await self.desk.show("chiba")).due}

    async def dispose(self, kept: Kept) -> Disposed:
        """Enter and approve what is due."""
        return await self.desk.approve("bando", await self.desk.enter("aoki", kept))

    async def listed(self) -> tuple[Disposal, ...]:
        """Check the signed list and give it."""
        return open_list(await self.desk.signed_list(0, 100), self.key.verifying, WARD)

    def column(self, query: str) -> list[object]:
        """Read one column."""
        return [value for (value,) in rows_of(self.place, "console", query)]


@pytest.fixture
async def office(place: Place) -> AsyncIterator[Office]:
    """Open the store."""
    made = Office(place)
    yield made
    await made.rows.close()


async def test_acts_and_look_ups_end_once_they_are_concluded(office: Office) -> None:
    """What a process has not answered, and a look-up that somebody should be asked about, stay; two persons dispose."""
    await office.acts((1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4))
    await office.looks((5, 0, 0), (6, 1, 0), (7, 2, NOW))
    assert await office.due(DUE - dt.timedelta(days=1)) == {}
    assert await office.due(DUE) == {Kept.ACT: (TARGET,), Kept.LOOK_UP: (TARGET,)}
    entered = await office.desk.enter("aoki", Kept.ACT)
    with pytest.raises(Refused) as refusal:
        await office.desk.approve("aoki", entered)
    assert refusal.value.code is Code.SAME_PERSON
    assert await office.desk.approve("bando", entered) == Disposed(destroyed=1, left=0)
    assert await office.dispose(Kept.LOOK_UP) == Disposed(destroyed=1, left=0)
    assert office.column("SELECT act_id FROM act") == ["01"]
    assert office.column("SELECT log_index FROM look_up") == [6]
    assert [(one.kept, one.targets, one.operators) for one in await office.listed()] == [
        (Kept.ACT, (TARGET,), ("aoki", "bando")),
        (Kept.LOOK_UP, (TARGET,), ("aoki", "bando")),
    ]
    await office.acts((9, 2, 9))
    assert await office.due(DUE) == {Kept.ACT: (TARGET,)}


async def test_disclosures_end_with_their_file(office: Office) -> None:
    """One that waits, or was approved and not read yet, stays."""
    await office.put(
        "INSERT INTO disclosure (disclosure_id, hidden, state, entered_by, entered_at, concluded_by, concluded_at,"
        " counts, sealed) VALUES (?, ?, ?, 'aoki', ?, ?, ?, '', ?)",
        ("a", b"whose", 1, NOW, "", 0, b""),
        ("b", b"whose", 2, NOW, "bando", NOW, b""),
        ("c", b"whose", 3, NOW, "bando", NOW, b"encrypted"),
        ("d", b"whose", 4, NOW, "bando", NOW, b""),
    )
    assert await office.due(DUE) == {Kept.DISCLOSURE: (TARGET,)}
    assert await office.dispose(Kept.DISCLOSURE) == Disposed(destroyed=1, left=0)
    assert office.column("SELECT disclosure_id FROM disclosure ORDER BY disclosure_id") == ["a", "b"]


async def test_what_is_left_of_staff_ends(office: Office) -> None:
    """Codes, terminals, lost passkeys, concluded changes; of who left the name, with rights; the id stays."""
    staff = office.staff

    def fill(connection: Connection) -> None:
        for number, person in enumerate(("gone", "here")):
            name = Person(person=person, name=f"{person}さん", handle=bytes([number]) * 32, begun=NOW, left_at=0)
            staff.put_person(connection, name)
            put_failed(connection, person, "T-2", NOW)
            right = Right(
                right_id=person,
                person=person,
                role=Role.ENTRY,
                begins=20261120,
                ends=20270331,
                entered_by="sato",
                agreed_by="suzuki",
                withdrawn=0,
            )
            staff.put_rights(connection, (right,))
            for credential in (b"1", b"2"):
                passkey = Passkey(
                    credential=person.encode() + credential, person=person, public_key=b"key", sign_count=0
                )
                staff.put_passkey(connection, passkey, NOW)
        staff.end_person(connection, "gone", 20261120, NOW)
        connection.execute("UPDATE passkey SET ended = ? WHERE credential = ?", (NOW, b"here1"))
        for terminal, cookie in (("T-1", "one"), ("T-2", "two")):
            kept = Terminal(terminal=terminal, place="窓口", enrolled_by="sato", enrolled_at=NOW, ended=0)
            staff.put_terminal(connection, kept, cookie)
        staff.end_terminal(connection, "T-1", NOW)
        for code_id, expires in (("used", at(DUE)), ("over", NOW), ("waits", at(DUE) + 1)):
            code = OnceCode(code_id=code_id, purpose=CodePurpose.PERSON, about="here", given_by="sato")
            staff.codes.put(connection, code, b"secret", expires)
        staff.codes.use(connection, "used", NOW - 1)
        for change_id, state in (("waits", StaffState.ENTERED), ("agreed", StaffState.AGREED)):
            change = StaffChange(
                kind=StaffKind.ENROL, person="new", name="新人", roles=(Role.ENTRY,), begins=20261120, ends=20270331
            )
            entered = KeptStaffChange(
                change_id=change_id,
                change=change,
                first_half=b"12345",
                state=StaffState.ENTERED,
                entered_by="sato",
                entered_at=NOW,
                concluded_by="",
                concluded_at=0,
            )
            staff.put_change(connection, entered)
            if state is StaffState.AGREED:
                staff.conclude(connection, change_id, state, "suzuki", NOW)

    await office.rows.write(fill)
    await office.acts((1, 2, 1), person="gone")
    assert await office.due(DUE) == {Kept.ACT: (TARGET,), Kept.STAFF: (TARGET,)}
    assert await office.dispose(Kept.STAFF) == Disposed(destroyed=1, left=0)
    assert office.column("SELECT change_id FROM staff_change") == ["waits"]
    assert office.column("SELECT code_id FROM once_code") == ["waits"]
    assert office.column("SELECT terminal FROM terminal") == ["T-2"]
    assert office.column("SELECT credential FROM passkey ORDER BY credential") == [b"gone1", b"gone2", b"here2"]
    assert office.column("SELECT right_id FROM held_right ORDER BY right_id") == ["gone", "here"]
    assert await office.due(DUE) == {Kept.ACT: (TARGET,)}
    await office.dispose(Kept.ACT)
    assert await office.due(DUE) == {Kept.STAFF: (TARGET,)}
    await office.dispose(Kept.STAFF)
    assert office.column("SELECT credential FROM passkey") == [b"here2"]
    assert office.column("SELECT right_id FROM held_right") == ["here"]
    assert office.column("SELECT person FROM sign_in") == ["here"]
    people = await office.rows.read(staff.people)
    assert [(one.person, one.name) for one in people] == [("gone", ""), ("here", "hereさん")]

    def again(connection: Connection) -> None:
        staff.put_person(connection, Person(person="gone", name="別人", handle=b"9" * 32, begun=NOW, left_at=0))

    with pytest.raises(Refused) as refusal:
        await office.rows.write(again)
    assert refusal.value.code is Code.CHANGE_INVALID
    assert await office.due(DUE) == {}


async def test_a_block_of_the_log_waits_for_what_rests_on_it(office: Office) -> None:
    """Its entries are emptied once the acts and look-ups of it have ended; the root at each size stays."""

    def grow(connection: Connection) -> None:
        for number in range(3 * BLOCK - 1):
            log.append(connection, AuditEntry(moment=NOW, event=AuditEvent.PERSON_SIGNED_IN, about=str(number)))

    await office.rows.write(grow)
    await office.acts((1, 2, 3))
    await office.looks((BLOCK + 3, 0, 0))
    before = await office.rows.read(lambda connection: [root_at(connection, size) for size in (1, 300, 700)])
    assert await office.due(DUE) == {Kept.ACT: (TARGET,), Kept.LOOK_UP: (TARGET,)}
    await office.dispose(Kept.ACT)
    assert (await office.due(DUE))[Kept.AUDIT_LOG] == (f"{0:012d}-{BLOCK - 1:012d}",)
    await office.dispose(Kept.AUDIT_LOG)
    await office.dispose(Kept.LOOK_UP)
    assert (await office.due(DUE))[Kept.AUDIT_LOG] == (f"{BLOCK:012d}-{2 * BLOCK - 1:012d}",)
    await office.dispose(Kept.AUDIT_LOG)
    said = await office.rows.read(lambda connection: [log.entry_at(connection, one) for one in (0, 2 * BLOCK - 1)])
    assert said == [None, None]
    assert await office.rows.read(log.verify) > 3 * BLOCK
    after = await office.rows.read(lambda connection: [root_at(connection, size) for size in (1, 300, 700)])
    assert after == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM act",
        "UPDATE act SET hidden = digest",
        "UPDATE act SET state = 4 WHERE state = 2",
        "DELETE FROM look_up",
        "DELETE FROM disclosure",
        "UPDATE disclosure SET sealed = hidden WHERE state = 3",
        "UPDATE disclosure SET counts = 'x' WHERE state = 4",
        "DELETE FROM held_right",
        "DELETE FROM person",
    ],
)
async def test_the_triggers_let_go_of_nothing_else(office: Office, statement: str) -> None:
    """A row that still says something is neither removed nor changed, behind the process either."""
    await office.acts((1, 2, 1))
    await office.looks((2, 0, 0))
    await office.put(
        "INSERT INTO disclosure (disclosure_id, hidden, state, entered_by, entered_at, concluded_by, concluded_at,"
        " counts, sealed) VALUES (?, ?, ?, 'aoki', 1, 'bando', 1, '', ?)",
        ("c", b"whose", 3, b"encrypted"),
        ("d", b"whose", 4, b""),
    )
    await office.put("INSERT INTO person VALUES ('a', ?, ?, 1, 0)", (bytes(32), b"name"))
    await office.put("INSERT INTO held_right VALUES ('r', 'a', 1, 1, 2, 'b', 'c', 0)", ())
    with pytest.raises(ENGINE_FAULTS):
        await office.rows.write(lambda connection: connection.execute(statement).rowcount)

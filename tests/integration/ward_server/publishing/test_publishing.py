"""A ward issues, somebody publishes beside it, and whoever is handed a paper checks it: all of it real."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from konbini.commands.publish import publish
from konbini.commands.verify import verify
from konbini.pdf.paper_seal.issuers import IssuerList
from konbini.pdf.paper_seal.status import Status, StatusList
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import Outcome, Scope
from konbini.protocol.numbers import IssuanceNumber
from konbini.ward_server.audit.checkpoints import Checkpoints
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.publishing.publishing import CHECKPOINTS, DIRECTORY, ISSUERS
from tests.integration.ward_server.kiosk import Told, Visit
from tests.integration.ward_server.people import ALONE, HEAD
from tests.integration.ward_server.ward import Ward


class Publishing:
    """The published folder, and whoever publishes into it and checks papers with it."""

    def __init__(self, ward: Ward, folder: Path) -> None:
        self.ward = ward
        self.folder = folder
        self.out = folder / "out"
        self.config = ward.town.configs / "publishing.toml"
        self.authority = SigningKey.from_pem((ward.town.keys / "offline/directory.key").read_bytes()).verifying

    @property
    def status(self) -> Path:
        """The one status list; its name has the last digit of the ward's incarnation."""
        (name,) = json.loads((self.out / "published.json").read_bytes())["statuses"]
        return self.out / str(name)

    def publish(self) -> int:
        """Publish at the ward's moment."""
        return publish(["--config", str(self.config), "--out", str(self.out)], self.ward.clock)

    def statuses(self, incarnation: int | None = None) -> list[Status]:
        """Open the published status list, or one of several, as anybody does."""
        issuers = IssuerList.open((self.out / ISSUERS).read_bytes(), self.authority, newest_seen=0)
        path = self.status if incarnation is None else self.out / f"status/{self.ward.code}-{incarnation}.list"
        return list(StatusList.open(path.read_bytes(), issuers).every())

    def checkpoints(self) -> Checkpoints:
        """Open the published checkpoints of the logs."""
        key = SigningKey.from_pem((self.ward.town.keys / "publishing/status.key").read_bytes()).verifying
        return Checkpoints.open((self.out / CHECKPOINTS).read_bytes(), key, self.ward.code)

    def restored(self, *processes: str, by: str = "bando") -> None:
        """Let two persons say to whoever publishes that stores were restored since."""
        logs = {log.process: log for log in self.checkpoints().logs}
        entries = "".join(
            f'[[restoration]]\nprocess = "{name}"\nentries = {logs[name].entries}\nroot = "{logs[name].root.hex()}"\n'
            f'reason = "the disk failed"\nentered_by = "aoki"\napproved_by = "{by}"\n'
            for name in processes
        )
        (self.folder / "restorations.toml").write_text(entries, encoding="utf-8")
        text = self.config.read_text(encoding="utf-8")
        line = f'restorations = "{self.folder}/restorations.toml"\n'
        if line not in text:
            self.config.write_text(line + text, encoding="utf-8")

    def verify(self, pdf: bytes, *, directory: bool = True) -> int:
        """Check a file with what is published; give the exit code."""
        (self.folder / "paper.pdf").write_bytes(pdf)
        lists = ["--issuers", f"{self.out}/{ISSUERS}", "--status", str(self.status)]
        lists += ["--directory", f"{self.out}/{DIRECTORY}"] if directory else []
        given = [f"{self.folder}/paper.pdf", *lists, "--authority", self.authority.point.hex(), "--json"]
        return verify(given, self.ward.clock)


@pytest.fixture
def publishing(ward: Ward, tmp_path: Path) -> Publishing:
    """Nothing published yet."""
    return Publishing(ward, tmp_path)


async def issued(ward: Ward, who: str = HEAD, scope: Scope = Scope.SELF) -> tuple[Visit, Told]:
    """Have one paper issued."""
    visit = ward.visit(who)
    await visit.open()
    return visit, await visit.order(scope=scope)


async def void(visit: Visit, told: Told) -> None:
    """Let the kiosk say that it could not print."""
    fee = told.given_document.fee
    receipt = visit.receipt(Outcome.VOID, number=told.given_document.number, taken=fee, returned=fee)
    await visit.settle(receipt)


def told_json(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Read the last answer of the command."""
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(found, dict)
    return found


async def test_each_outcome_reaches_whoever_checks_the_paper(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Printed is valid, void is void, what no receipt speaks of is not settled; what is issued later is not listed."""
    printed = await issued(ward)
    await printed[0].printed(printed[1])
    failed = await issued(ward, ALONE)
    await void(*failed)
    waiting = await issued(ward, ALONE)
    assert publishing.publish() == 0
    assert publishing.statuses() == [Status.VALID, Status.VOID, Status.UNSETTLED]
    later = await issued(ward, ALONE)
    pdfs = [told.pdf for _, told in (printed, failed, waiting, later)]
    capsys.readouterr()
    assert [publishing.verify(pdf) for pdf in pdfs] == [0, 5, 3, 3]
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["reason"] for one in answers] == ["valid", "void", "status_unsettled", "status_earlier"]
    assert {one["files"][0]["file_signature"] for one in answers} == {"holds"}
    texts = [fact.get("text") for fact in answers[0]["certificates"][0]["facts"]]
    assert "葛\U000e0102城　文" in texts


async def test_two_persons_take_a_paper_back(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """In force with the next list, once, only of a paper that went out; and no list says otherwise again."""
    visit, told = await issued(ward)
    number = told.given_document.number
    with pytest.raises(Refused) as refusal:
        await ward.say("issuing", "withdraw-certificate", number, "--reason", "nobody has it yet")
    assert refusal.value.code is Code.CHANGE_UNKNOWN
    await visit.printed(told)
    assert publishing.publish() == 0
    assert publishing.verify(told.pdf) == 0
    (decision,) = await ward.say("issuing", "withdraw-certificate", number, "--reason", "a correction of the record")
    assert publishing.publish() == 0
    assert publishing.statuses() == [Status.VALID]
    await ward.say("issuing", "agree", decision, operator="bando")
    assert publishing.publish() == 0
    assert publishing.verify(told.pdf) == 5
    assert ward.audit("issuing")[-2].event is AuditEvent.CERTIFICATE_WITHDRAWN
    for words, code in ((number, Code.CHANGE_INVALID), ("no number", Code.CHANGE_INVALID)):
        with pytest.raises(Refused) as refusal:
            await ward.say("issuing", "withdraw-certificate", words, "--reason", "again")
        assert refusal.value.code is code
    await ward.stop("issuing")
    on_table = " ON withdrawal" if ward.place.engine == "postgresql" else ""
    ward.write("issuing", f"DROP TRIGGER withdrawal_remains{on_table}")
    ward.write("issuing", "DELETE FROM withdrawal")
    assert publishing.publish() == 1
    assert "not any more" in capsys.readouterr().err
    assert publishing.statuses() == [Status.WITHDRAWN]


async def test_a_ledger_that_forgot_makes_nothing_valid(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """`issuing` was restored without the number: the paper is not settled; and the void of a paper is not undone."""
    visit, told = await issued(ward)
    await void(visit, told)
    assert publishing.publish() == 0
    await ward.stop("issuing")
    ward.write("issuing", "DELETE FROM receipt")
    ward.write("issuing", "DELETE FROM issuance")
    assert publishing.publish() == 1
    assert "not any more" in capsys.readouterr().err
    publishing.status.unlink()
    assert publishing.publish() == 0
    assert publishing.statuses() == [Status.UNSETTLED]


async def test_a_log_that_was_rewritten_is_found(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both logs stand signed in the published folder; a log that does not go on from there publishes nothing."""
    await issued(ward)
    assert publishing.publish() == 0
    assert {log.process: log.entries for log in publishing.checkpoints().logs} == {
        name: len(ward.audit(name)) for name in ("clerk", "issuing")
    }
    await issued(ward, ALONE)
    assert publishing.publish() == 0
    await ward.stop("clerk")
    on_table = " ON audit_entry" if ward.place.engine == "postgresql" else ""
    ward.write("clerk", f"DROP TRIGGER audit_entry_remains{on_table}")
    ward.write("clerk", "DELETE FROM audit_entry WHERE position > 1")
    capsys.readouterr()
    assert publishing.publish() == 1
    assert "the log of clerk does not go on" in capsys.readouterr().err
    publishing.restored("clerk")
    assert publishing.publish() == 1
    assert "does not say that it was restored" in capsys.readouterr().err


async def test_a_restored_ward_publishes_again(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused until two persons say so here too; what was final stays so, the rest that was lost is not settled."""
    for process in ("issuing", "clerk"):
        await ward.back_up(process)
    await ward.caught_up()
    printed, failed = await issued(ward), await issued(ward, ALONE)
    await printed[0].printed(printed[1])
    await void(*failed)
    assert publishing.publish() == 0
    before = publishing.checkpoints()
    lost = IssuanceNumber.parse(printed[1].given_document.number).incarnation
    assert publishing.statuses() == [Status.VALID, Status.VOID]
    await ward.pass_time(6)
    for process in ("issuing", "clerk"):
        await ward.restore(process)
    assert publishing.publish() == 1
    assert f"{before.logs[0].entries} entries, {before.logs[0].root.hex()}" in capsys.readouterr().err
    publishing.restored("clerk", "issuing")
    assert publishing.publish() == 1
    assert "does not say that it was restored" in capsys.readouterr().err
    for process in ("clerk", "issuing"):
        await ward.decide(process, "restored")
    for process in ("clerk", "issuing"):
        await ward.mended(process)
        await ward.decide(process, "release")
    publishing.restored("clerk", "issuing", by="aoki")
    assert publishing.publish() == 1
    assert "SAME_PERSON" in capsys.readouterr().err
    publishing.restored("clerk")
    assert publishing.publish() == 1
    assert "the log of issuing does not go on" in capsys.readouterr().err
    publishing.restored("clerk", "issuing")
    fresh = await issued(ward, ALONE)
    await fresh[0].printed(fresh[1])
    assert publishing.publish() == 0
    told = publishing.checkpoints()
    assert [(one.process, one.entries, one.root) for one in told.ended] == [
        (one.process, one.entries, one.root) for one in before.logs
    ]
    for _ in range(2):  # the file is needed once; what ended is named for ever
        assert publishing.statuses(lost) == [Status.UNSETTLED, Status.VOID]
        assert publishing.statuses(IssuanceNumber.parse(fresh[1].given_document.number).incarnation) == [Status.VALID]
        (publishing.folder / "restorations.toml").write_text("", encoding="utf-8")
        assert publishing.publish() == 0
        assert publishing.checkpoints().ended == told.ended


async def test_a_list_that_a_clerk_lost_is_missed(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clerk whose log goes on, and which knows of no paper any more: its list is not left out in silence."""
    await issued(ward)
    assert publishing.publish() == 0
    await ward.stop("clerk")
    on_table = " ON certified" if ward.place.engine == "postgresql" else ""
    ward.write("clerk", f"DROP TRIGGER certified_remains{on_table}")
    ward.write("clerk", "DELETE FROM certified")
    assert publishing.publish() == 1
    assert "has more papers" in capsys.readouterr().err


async def test_an_edited_file_is_said_to_be_edited(
    ward: Ward, publishing: Publishing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Changed, without its signature, with a page too many, with another certificate's page."""
    visit, told = await issued(ward)
    await visit.printed(told)
    other_visit, other = await issued(ward, ALONE)
    await other_visit.printed(other)
    assert publishing.publish() == 0
    pdf, stranger = told.pdf, other.pdf
    capsys.readouterr()

    def reasons(changed: bytes) -> tuple[int, list[str]]:
        exit_code = publishing.verify(changed)
        (file,) = json.loads(capsys.readouterr().out)["files"]
        return exit_code, file["reasons"]

    place = pdf.index(b"/LastModified (D:") + 20
    assert reasons(pdf[:place] + b"9" + pdf[place + 1 :]) == (4, ["file_signature_wrong"])
    assert reasons(pdf[: pdf.index(b"%%EOF") + 6]) == (4, ["file_signature_wrong"])
    assert reasons(joined(pdf, "blank"))[0] == 4
    assert "page_without_seal" in reasons(joined(pdf, "blank"))[1]
    assert "file_differs" in reasons(joined(pdf, stranger))[1]
    assert reasons(joined(stranger, pdf))[0] == 4
    assert publishing.verify(pdf, directory=False) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["file_signature"] == "not_judged"


def joined(pdf: bytes, more: bytes | str) -> bytes:
    """Append a blank page, or another certificate's."""
    with pikepdf.open(BytesIO(pdf)) as document:
        if isinstance(more, str):
            document.add_blank_page()
        else:
            with pikepdf.open(BytesIO(more)) as other:
                document.add_pages_from(other)
        changed = BytesIO()
        document.save(changed)
    return changed.getvalue()


def test_a_configuration_that_misses_something(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says which word, and writes nothing."""
    given: Sequence[str] = ["--config", str(tmp_path / "p.toml"), "--out", str(tmp_path / "out")]
    assert publish(given) == 1
    (tmp_path / "p.toml").write_text('ward = "131997"\n', encoding="utf-8")
    assert publish(given) == 1
    assert "[stores] is missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

"""What `Rows` acknowledged survives kill -9, a full disk and a disk that cannot sync: a real process, a real file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHILD = (sys.executable, str(HERE / "writing_child.py"))
MIGRATIONS = str(HERE / "schema")
_CALLERS = 16
"""As many as the writing process has."""


def stored(database: Path) -> set[int]:
    """Return the numbers in the file, after SQLite's own check of it."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {number for (number,) in connection.execute("SELECT id FROM note")}


def numbers(output: str, word: str) -> set[int]:
    """Return the numbers of the lines that begin with `word`; a line cut off by the kill does not count."""
    whole = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {int(line[1]) for line in whole if line[0] == word}


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the writing process to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [*CHILD, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.05, 0.2])
def test_nothing_answered_is_lost_when_the_process_is_killed(tmp_path: Path, delay: float) -> None:
    """Kill -9 at an arbitrary moment: every number that was answered is in the file."""
    database = tmp_path / "notes.db"
    with subprocess.Popen([*CHILD, str(database), MIGRATIONS], stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - our own program
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(delay)
        child.kill()
        output = first + child.stdout.read()
    answered = numbers(output, "answered")
    assert answered
    assert answered <= stored(database)


def test_killed_before_a_commit_the_group_is_not_there(tmp_path: Path) -> None:
    """Nothing of a group whose COMMIT was not reached is in the file, and all that was answered before is."""
    database = tmp_path / "notes.db"
    child = run(str(database), MIGRATIONS, "before", "5")
    killed = {int(step) for step in child.stdout.split("killed before ")[1].splitlines()[0].split()}
    assert child.returncode == -9
    assert killed
    assert not killed & stored(database)
    assert numbers(child.stdout, "answered") <= stored(database)


def test_killed_after_a_commit_the_group_is_there_though_nobody_was_answered(tmp_path: Path) -> None:
    """A committed group survives; its callers never heard, and must ask."""
    database = tmp_path / "notes.db"
    child = run(str(database), MIGRATIONS, "after", "5")
    killed = {int(step) for step in child.stdout.split("killed after ")[1].splitlines()[0].split()}
    assert child.returncode == -9
    assert killed
    assert killed <= stored(database)
    assert not killed & numbers(child.stdout, "answered")


def test_on_a_full_disk_nobody_is_told_that_a_change_is_stored(tmp_path: Path) -> None:
    """A file system of one mebibyte: what was answered is there, what was refused is not, and the file is sound."""
    place = tmp_path / "small"
    place.mkdir()
    saved = tmp_path / "saved"
    saved.mkdir()
    script = (
        f"mount -t tmpfs -o size=1m konbini '{place}' && '{CHILD[0]}' '{CHILD[1]}' '{place}/notes.db' '{MIGRATIONS}'"
        f" && cp '{place}'/notes.db* '{saved}'"
    )
    child = subprocess.run(  # noqa: S603 - our own program in a mount namespace of its own
        ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "MOST": "1500"},
    )
    answered, refused = numbers(child.stdout, "answered"), numbers(child.stdout, "refused")
    assert "SQLITE_FULL" in child.stdout
    assert answered
    assert refused
    assert answered <= stored(saved / "notes.db")
    assert not refused & stored(saved / "notes.db")
    assert answered | refused == set(range(1, 1500))


def test_a_writer_whose_disk_cannot_sync_stops_for_good(tmp_path: Path) -> None:
    """After a failed fsync nothing more is accepted, although the disk seems to work again."""
    compiler = shutil.which("gcc")
    assert compiler is not None
    library, flag, database = tmp_path / "failing.so", tmp_path / "broken", tmp_path / "notes.db"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(HERE / "failing_fsync.c")], check=True)  # noqa: S603 - the compiler found on PATH
    environment = {**os.environ, "LD_PRELOAD": str(library), "FAIL_FSYNC_WHEN": str(flag), "MOST": "50000"}
    with subprocess.Popen(  # noqa: S603 - our own program
        [*CHILD, str(database), MIGRATIONS], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        flag.touch()
        while not lines[-1].startswith("refused"):
            lines.append(child.stdout.readline())
        flag.unlink()
        lines.extend(child.stdout)
    output = "".join(lines)
    assert "SQLITE_IOERR_FSYNC" in output
    # Callers are told beside each other, so the order of lines counts for each of them alone.
    for caller in range(_CALLERS):
        said = [line.split()[0] for line in output.splitlines() if int(line.split()[1]) % _CALLERS == caller]
        assert said == sorted(said), f"caller {caller} was answered after it was refused"
    assert numbers(output, "answered") <= stored(database)

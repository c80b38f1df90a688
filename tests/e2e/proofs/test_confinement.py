"""What the process of a visit can no longer do once it has given everything up, asked of such a process itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ACTS = """
import ctypes, json, mmap, os, resource, socket, sys
from konbini.kiosk.visit.confinement import confine

home = sys.argv[1]
there, new = f"{home}/there", f"{home}/new"
reader = os.open(there, os.O_RDONLY)

def bind():
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(new)

def shm():
    name = f"/dev/shm/{os.getpid()}-proof"
    os.close(os.open(name, os.O_CREAT | os.O_RDWR))
    os.unlink(name)

acts = {
    "write": lambda: os.close(os.open(there, os.O_WRONLY)),
    "append": lambda: os.close(os.open(there, os.O_WRONLY | os.O_APPEND)),
    "create": lambda: os.close(os.open(new, os.O_CREAT | os.O_RDONLY)),
    "temporary": lambda: os.close(os.open(home, os.O_TMPFILE | os.O_RDWR)),
    "truncate": lambda: os.truncate(there, 0),
    "unlink": lambda: os.unlink(there),
    "rename": lambda: os.rename(there, new),
    "link": lambda: os.link(there, new),
    "symlink": lambda: os.symlink(there, new),
    "mkdir": lambda: os.mkdir(new),
    "rmdir": lambda: os.rmdir(f"{home}/folder"),
    "fifo": lambda: os.mkfifo(new),
    "bind": bind,
    "shm": shm,
    "reopen": lambda: os.close(os.open(f"/proc/self/fd/{reader}", os.O_WRONLY)),
}

def tried():
    answers = {}
    for name, act in acts.items():
        try:
            act()
        except OSError as error:
            answers[name] = error.errno
        else:
            answers[name] = 0
    return answers

confined = confine() if sys.argv[2] == "confined" else None
print(json.dumps({
    "confined": confined,
    "answers": tried(),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "read": os.read(reader, 8).decode(),
}))
"""
REFUSED = {1, 13, 18}  # EPERM, EACCES, and EXDEV: how Landlock refuses a link or a rename


def ask(home: Path, how: str) -> dict[str, object]:
    """Run a process that tries everything in a folder of its own."""
    (home / "folder").mkdir(parents=True)
    (home / "there").write_text("as it was", "utf-8")
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ACTS, str(home), how], capture_output=True, check=True, text=True, timeout=60
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_visit_can_change_no_file(tmp_path: Path) -> None:
    """Every way to change the file system is refused; reading goes on; no core, not dumpable."""
    told = ask(tmp_path / "home", "confined")
    if not told["confined"]:
        pytest.skip("no Landlock in this kernel")
    answers = told["answers"]
    assert isinstance(answers, dict)
    assert {name: number for name, number in answers.items() if number not in REFUSED} == {}
    assert (told["core"], told["dumpable"], told["read"]) == ([0, 0], 0, "as it wa")
    assert (tmp_path / "home" / "there").read_text("utf-8") == "as it was"
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["folder", "there"]


def test_another_process_can(tmp_path: Path) -> None:
    """Positive control: the same acts succeed where nothing was given up, the ones that the first spoiled excepted."""
    told = ask(tmp_path / "home", "free")
    answers = told["answers"]
    assert isinstance(answers, dict)
    allowed = {name for name, number in answers.items() if number == 0}
    assert allowed >= {"write", "append", "create", "temporary", "truncate", "unlink", "rmdir", "shm"}
    assert not told["confined"]

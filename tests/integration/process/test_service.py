"""The life of a service: ready when it serves, ended in order when it is told to, and never half alive."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = (sys.executable, str(Path(__file__).with_name("service_child.py")))


def configured(folder: Path, text: str) -> str:
    """Write a configuration."""
    path = folder / "service.toml"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_says_that_it_is_ready_and_ends_when_told(tmp_path: Path, told: signal.Signals) -> None:
    """READY once it serves, STOPPING when it was told, wound up, 0."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with subprocess.Popen(  # noqa: S603 - our own program
            [*CHILD, configured(tmp_path, 'task = "runs"')],
            env={"NOTIFY_SOCKET": str(tmp_path / "notify")},
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert manager.recv(100) == b"READY=1"
            child.send_signal(told)
            assert manager.recv(100) == b"STOPPING=1"
            said, _ = child.communicate(timeout=30)
    assert (child.returncode, said) == (0, "wound up\n")


def test_a_task_that_ends_ends_the_process(tmp_path: Path) -> None:
    """The service manager starts it anew: 1, in order, and the log names the task and no message."""
    ran = subprocess.run(  # noqa: S603 - our own program
        [*CHILD, configured(tmp_path, 'task = "fails"')], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "wound up\n")
    assert '"step": "work"' in ran.stderr
    assert "OSError" in ran.stderr
    assert "disk" not in ran.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("task = 1", "ConfigRefused: service.toml: task"),
        ('surplus = 1\ntask = "runs"', "unknown: surplus"),
        ('task = "cannot"', "LookupError: no such thing"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    """2, and a sentence for whoever starts it."""
    ran = subprocess.run(  # noqa: S603 - our own program
        [*CHILD, configured(tmp_path, text)], capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("two-lines cannot start: ")
    assert why in ran.stderr
    assert ran.stderr.count("\n") == 1

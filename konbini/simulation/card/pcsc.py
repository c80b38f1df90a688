"""A PC/SC daemon of one's own: pcscd with one virtual reader, for one run, next to any number of others.

pcscd has no option for its socket; only clients honour `PCSCLITE_CSOCK_NAME`. So the daemon is handed its socket the
way systemd does it (sd_listen_fds(3): descriptor 3, `LISTEN_FDS`, `LISTEN_PID`). One entry for vsmartcard's driver
makes a reader with two slots, on a port and the next one. vsmartcard listens on all addresses and asks no one's
name: this is for development machines and tests, and never for a kiosk.

A client process reads `PCSCLITE_CSOCK_NAME` once, at its first call: set it before that. A restarted daemon keeps its
socket name and its ports.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["PcscdUnavailable", "PrivatePcscd"]

_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_DAEMON = "/usr/sbin/pcscd"
_STATE_FOLDER = Path("/run/pcscd")
# The shell's process becomes setpriv's and then pcscd's: LISTEN_PID must be that of the process that finds
# descriptor 3. setpriv asks the kernel to end the daemon with whoever started it, should that be killed.
_START = (
    'exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec setpriv --pdeathsig TERM "$0" --foreground --config "$1"'
)
_LISTEN = "0A"  # TCP_LISTEN in /proc/net/tcp
_ATTEMPTS = 5
_READY_SECONDS = 10.0
_STOP_SECONDS = 3.0
_POLL_SECONDS = 0.01


class PcscdUnavailable(Exception):  # noqa: N818 - names a state of the machine
    """pcscd or vsmartcard's driver is not installed, or the daemon did not come up."""


class PrivatePcscd:
    """One private daemon and its reader; an async context manager.

    The daemon ends with the thread that started it, at the latest (PR_SET_PDEATHSIG).

    Args:
        reader_name: what the reader is called; PC/SC adds a number for the reader and one for the slot.
    """

    def __init__(self, *, reader_name: str = "Virtual PCD") -> None:
        self._reader_name = reader_name
        self._folder: Path | None = None
        self._daemon: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def socket_name(self) -> str:
        """The value for `PCSCLITE_CSOCK_NAME`; raises RuntimeError before the first start."""
        return str(self._made_folder() / "socket")

    @property
    def ports(self) -> tuple[int, int]:
        """The loopback ports of the reader's two slots."""
        return self._port, self._port + 1

    @property
    def process_id(self) -> int:
        """The daemon's process; raises RuntimeError when it does not run."""
        if self._daemon is None:
            raise RuntimeError("this pcscd does not run")
        return self._daemon.pid

    async def start(self, *, plugged: bool = True) -> None:
        """Bring the daemon up; on return its reader takes cards and its socket takes clients.

        Args:
            plugged: whether there is a reader at all; without one the daemon runs and has none to show.

        Raises:
            PcscdUnavailable: it did not come up; the message carries the daemon's last words.
        """
        if self._daemon is not None:
            raise RuntimeError("this pcscd runs already")
        for needed in (Path(_DAEMON), _DRIVER):
            if not needed.exists():
                raise PcscdUnavailable(f"{needed} is missing")
        self._make_folder()
        keeps_port = self._port != 0
        for _ in range(_ATTEMPTS):
            if not keeps_port:
                self._port = _two_free_ports()
            self._configure(plugged=plugged)
            self._launch()
            if await self._is_ready(self.ports if plugged else ()):
                return
            await self.stop()
        raise PcscdUnavailable(self._last_words())

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the daemon as `systemctl stop` (or, with SIGKILL, a crash) would; cards stay where they lie."""
        daemon, self._daemon = self._daemon, None
        if daemon is None:
            return
        daemon.send_signal(how)
        if not await _ended(daemon, _STOP_SECONDS):
            daemon.kill()  # a mute card holds its driver's thread, and SIGTERM waits for that
            await _ended(daemon, _STOP_SECONDS)

    async def close(self) -> None:
        """End the daemon and remove its folder."""
        await self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _make_folder(self) -> None:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="pcsc-"))
            (self._folder / "readers").mkdir()
        with contextlib.suppress(FileExistsError):
            _STATE_FOLDER.mkdir(mode=0o755)

    def _made_folder(self) -> Path:
        if self._folder is None:
            raise RuntimeError("this pcscd was never started")
        return self._folder

    def _configure(self, *, plugged: bool) -> None:
        (self._made_folder() / "readers" / "vpcd").write_text(
            f'FRIENDLYNAME "{self._reader_name}"\n'
            f"DEVICENAME /dev/null:{self._port:#x}\n"
            f"LIBPATH {_DRIVER}\n"
            f"CHANNELID {self._port:#x}\n"
            if plugged
            else "",
            "ascii",
        )

    def _launch(self) -> None:
        folder = self._made_folder()
        Path(self.socket_name).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening, (folder / "log").open("wb") as log:
            listening.bind(self.socket_name)
            listening.listen()
            self._daemon = subprocess.Popen(  # noqa: S603 - fixed words and our own folder
                ["/bin/sh", "-c", _START, _DAEMON, str(folder / "readers")],
                stdin=listening.fileno(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _is_ready(self, ports: tuple[int, ...]) -> bool:
        """Whether our own process came to listen on these ports; pcscd opens them before it serves its socket."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                while self._daemon is not None and self._daemon.poll() is None:
                    if _listens(self._daemon.pid, ports):
                        return True
                    await asyncio.sleep(_POLL_SECONDS)
        return False

    def _last_words(self) -> str:
        return (self._made_folder() / "log").read_text("utf-8", "replace")[-500:]


async def _ended(daemon: subprocess.Popen[bytes], seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while daemon.poll() is None:  # noqa: ASYNC110 - a process is polled, whatever the event loop
                await asyncio.sleep(_POLL_SECONDS)
    return daemon.poll() is not None


def _two_free_ports() -> int:
    """A port that is free together with the next one; somebody may still take it before the daemon does."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("", port + 1))
                return port


def _listens(process_id: int, ports: tuple[int, ...]) -> bool:
    """Whether this very process listens on all these ports (proc(5), /proc/net/tcp)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    listening = {int(row[1].rpartition(":")[2], 16): f"socket:[{row[9]}]" for row in rows if row[3] == _LISTEN}
    owned = set()
    for descriptor in Path(f"/proc/{process_id}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            owned.add(str(descriptor.readlink()))
    return all(listening.get(port) in owned for port in ports)

"""A private SoftHSM token in a directory of one test; as its maker's tools make it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from konbini.pdf.signing import Token, TokenAccess

__all__ = ["MODULE", "PIN", "SoftToken"]

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
"""Where Debian's softhsm2 puts it."""
PIN = "24681357"
_OFFICER = "97531864"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """A token with the label "ward"; `SOFTHSM2_CONF` in the environment names `settings`."""

    folder: Path

    @property
    def settings(self) -> Path:
        """SoftHSM's own configuration."""
        return self.folder / "softhsm2.conf"

    @property
    def store(self) -> Path:
        """Where the token's objects lie: moved away, the token is unplugged."""
        return self.folder / "tokens"

    @classmethod
    def make(cls, folder: Path) -> SoftToken:
        """Make it, with no key."""
        made = cls(folder=folder)
        made.store.mkdir()
        made.settings.write_text(
            f"directories.tokendir = {made.store}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        made.run("softhsm2-util", "--init-token", "--free", "--label", "ward", "--so-pin", _OFFICER, "--pin", PIN)
        return made

    def put(self, key: bytes, label: str, number: int) -> None:
        """Put a key in: PKCS #8 in PEM."""
        file = self.folder / f"{label}-{number}.pem"
        file.write_bytes(key)
        self.run(
            *("softhsm2-util", "--import", str(file), "--token", "ward", "--label", label),
            *("--id", f"{number:02}", "--pin", PIN),
        )
        file.unlink()

    def log_in_by_hand(self) -> None:
        """Do what an operator does after a wrong PIN."""
        self.run("pkcs11-tool", "--module", str(MODULE), "--token-label", "ward", "--login", "--pin", PIN, "-O")

    def unplug(self) -> None:
        """Take it away."""
        self.store.rename(self.folder / "pulled out")

    def plug_in(self) -> None:
        """Bring it back."""
        (self.folder / "pulled out").rename(self.store)

    def reached(self, *, pin: str = PIN, label: str = "ward", module: Path = MODULE) -> Token:
        """Reach it, as the clerk does."""
        return Token(TokenAccess(module=module, label=label, pin=pin))

    def run(self, *command: str) -> None:
        """Run a tool on it."""
        done = subprocess.run(  # noqa: S603 - a tool, by name
            command,
            env={"SOFTHSM2_CONF": str(self.settings), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr

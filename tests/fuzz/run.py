"""Fuzzes every target, or those that are named.

    python -m tests.fuzz.run [--seconds N] [--workers N] [NAME ...]

Each target is fuzzed in a process of its own (`tests.fuzz.child`) that begins with the corpus of the repository and
what earlier runs left in `out/fuzz/NAME/found`. What breaks a target is left in `out/fuzz/NAME` as `crash-…`,
`timeout-…` or `oom-…`, with the process's words in `log`. Ends with 1 where anything broke.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.targets import CORPUS, TARGETS

__all__ = ["Result", "result_of"]

_OUT: Final = Path("out/fuzz")
_MOST_RSS: Final = 2048
_BROKEN: Final = ("crash-", "timeout-", "oom-", "leak-")
_COVERED: Final = re.compile(r"cov: (\d+) ft: (\d+)")
_STATISTIC: Final = re.compile(r"stat::(\w+): +(\d+)")
_START_SECONDS: Final = 180
_HEAD: Final = ("target", "executions", "edges", "features", "new", "peak MiB", "slowest ms", "broken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run of one target came to; `slowest` in seconds; `broken` names the files that broke it."""

    name: str
    executions: int
    edges: int
    features: int
    new: int
    peak: int
    slowest: float
    broken: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """Give the row of the table."""
        figures = (self.executions, self.edges, self.features, self.new, self.peak)
        return (self.name, *map(str, figures), f"{1000 * self.slowest:.1f}", " ".join(self.broken) or "-")


def main() -> int:
    """Fuzz, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--workers", type=int, default=2, help="targets at one time")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    with ThreadPoolExecutor(asked.workers) as pool:
        results = list(pool.map(lambda name: _fuzzed(name, asked.seconds), asked.names or TARGETS))
    sys.stdout.write(table(results))
    return int(any(result.broken for result in results))


def _fuzzed(name: str, seconds: int) -> Result:
    folder = _OUT / name
    found = folder / "found"
    found.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name.startswith((*_BROKEN, "slowest")):
            path.unlink()
    before = len(list(found.iterdir()))
    log = folder / "log"
    with log.open("wb") as said:
        code = subprocess.run(  # noqa: S603 - our own program
            _command(name, seconds), stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False,
            timeout=2 * seconds + _START_SECONDS,
        ).returncode  # fmt: skip
    result = result_of(name, folder, len(list(found.iterdir())) - before, code)
    sys.stderr.write(f"{name}: {result.executions} executions{', BROKEN' if result.broken else ''}\n")
    return result


def _command(name: str, seconds: int) -> list[str]:
    folder = _OUT / name
    return [
        sys.executable, "-m", "tests.fuzz.child", name, str(folder), f"-max_total_time={seconds}",
        f"-rss_limit_mb={_MOST_RSS}", f"-artifact_prefix={folder}/", "-print_final_stats=1", "-use_value_profile=1",
        str(folder / "found"), str(CORPUS / name),
    ]  # fmt: skip


def result_of(name: str, folder: Path, new: int, code: int) -> Result:
    """Read what a run left behind."""
    said = (folder / "log").read_text("utf-8", "replace")
    covered = _COVERED.findall(said) or [("0", "0")]
    statistics = {key: int(figure) for key, figure in _STATISTIC.findall(said)}
    broken = tuple(sorted(path.name for path in folder.iterdir() if path.name.startswith(_BROKEN)))
    slowest = folder / "slowest"
    return Result(
        name=name,
        executions=statistics.get("number_of_executed_units", 0),
        edges=int(covered[-1][0]),
        features=int(covered[-1][1]),
        new=new,
        peak=statistics.get("peak_rss_mb", 0),
        slowest=float(slowest.read_bytes().partition(b"\n")[0]) if slowest.exists() else 0.0,
        broken=broken or (() if code == 0 else (f"ended with {code}",)),
    )


def table(results: Sequence[Result]) -> str:
    """Write results as a table."""
    rows = [_HEAD, *(result.cells for result in results)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())

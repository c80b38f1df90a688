"""What the benchmark says, to people and to programs. Pure."""

from __future__ import annotations

from konbini.simulation.bench.figures.chart import shown
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table
from konbini.simulation.bench.watched.running import Measured

__all__ = ["finding", "last_line", "lines"]

_WAYS = ("unwatched", "watched")


def lines(found: Measured) -> tuple[str, ...]:
    """Say it to people."""
    watched = found.watched
    interval = "too few pairs for an interval"
    if watched.interval is not None:
        interval = "95 %: {:+.1%} to {:+.1%}".format(*watched.interval)
    orders = (
        f"an order, unwatched: p50 {watched.p50[0]:.1f} ms, p99 {watched.p99[0]:.1f}; watched: p50"
        f" {watched.p50[1]:.1f}, p99 {watched.p99[1]:.1f} ({watched.orders} orders count)"
    )
    cpu = (
        f"CPU, ms a second, unwatched and watched: issuing with its orders {watched.issuing[0]:.0f},"
        f" {watched.issuing[1]:.0f}; console {watched.console[0]:.0f}, {watched.console[1]:.0f}; browsers"
        f" {watched.readers[0]:.0f}, {watched.readers[1]:.0f}"
    )
    asked = (
        f"the console asked for the live view {found.asked:.2f} times a second, {found.answer:.1f} ms each; a browser"
        f" was sent {found.boards[0]:.2f} to {found.boards[1]:.2f} boards a second"
    )
    change = (
        f"watching changes the p99 by {watched.change:+.1%} ({interval}); noise, two successive slices of one way:"
        f" {watched.noise:.1%}, at most {watched.most_noise:.1%}"
    )
    counting = f"counting an order: {found.counting[1]:.0f} µs, and {found.counting[0]:.0f} where nothing is counted"
    if not found.keeps_pace:
        verdict = f"{found.waited} orders waited for a kiosk: this machine does not keep the pace, and nothing is said"
    else:
        verdict = f"watched by these, the p99 of an order {watched.verdict.value}"
    return orders, cpu, asked, counting, change, verdict


def last_line(found: Measured) -> dict[str, float | str | None]:
    """Say it to programs."""
    watched = found.watched
    low, high = watched.interval or (None, None)
    return {
        "p99_unwatched": watched.p99[0],
        "p99_watched": watched.p99[1],
        "change": watched.change,
        "change_low": low,
        "change_high": high,
        "noise": watched.noise,
        "verdict": watched.verdict.name.lower() if found.keeps_pace else None,
    }


def finding(found: Measured) -> Finding:
    """Say it as rows."""
    watched = found.watched
    low, high = watched.interval or (None, None)
    between = "" if low is None or high is None else f" ({low:+.0%} to {high:+.0%})"
    rows = (
        ("an order, p50 ms", *(f"{one:.1f}" for one in watched.p50)),
        ("an order, p99 ms", *(f"{one:.1f}" for one in watched.p99)),
        ("CPU of issuing, ms a second", *(f"{one:.0f}" for one in watched.issuing)),
        ("change of the p99 (95 %)", "", f"{watched.change:+.0%}{between}"),
        ("noise of the run", f"{watched.noise:.0%}", ""),
    )
    groups = tuple(
        Group(
            heading=name,
            bars=tuple(
                Bar(label=way, value=ms, note=f"{ms / both[0]:.2f}×") for way, ms in zip(_WAYS, both, strict=True)
            ),
        )
        for name, both in (("p50", watched.p50), ("p99", watched.p99))
    )
    chart = Chart(
        name="watched",
        title="An order while operators watch the console",
        description="How long an order takes, unwatched and while operators watch the console's live page.",
        unit="milliseconds",
        groups=groups,
    )
    says = (f"{lines(found)[-1].capitalize()}; change {watched.change:+.0%}, noise {shown(watched.noise * 100)} %.",)
    table = Table(name="watched", columns=("", *_WAYS), rows=rows)
    return Finding(bench="watched", tables=(table,), charts=(chart,), says=says)

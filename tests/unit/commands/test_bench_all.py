"""`konbini bench all --redraw`, and the rows that every benchmark writes."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from konbini.commands.bench_rows import Rows, add_figures
from konbini.commands.main import main
from konbini.simulation.bench.catalogue import BENCHES, Bench
from konbini.simulation.bench.figures.finding import Bar, Chart, Finding, Group, Table, read_finding, write_finding

_FINDING = Finding(
    bench="ledger",
    tables=(Table(name="ledger", columns=("way", "a second"), rows=(("direct", "365"),)),),
    charts=(
        Chart(
            name="ledger",
            title="Commits",
            description="Commits.",
            unit="a second",
            groups=(Group(heading="", bars=(Bar(label="direct", value=365),)),),
        ),
    ),
)


def test_plots_and_tables_are_made_of_the_rows_that_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is measured; a document without marks is left as it is."""
    figures = tmp_path / "docs" / "figures"
    figures.mkdir(parents=True)
    write_finding(_FINDING, figures / "ledger.json")
    (tmp_path / "README.md").write_text("no marks\n", encoding="utf-8")
    document = tmp_path / "docs" / "performance.md"
    document.write_text("<!-- bench:ledger -->\n<!-- /bench -->\n", encoding="utf-8")
    assert main(["bench", "all", "--redraw", "--root", str(tmp_path)]) == 0
    assert "| direct | 365 |" in document.read_text("utf-8")
    assert (figures / "ledger.svg").read_text("utf-8").startswith("<svg ")
    assert capsys.readouterr().out.splitlines() == [f"wrote {figures / 'ledger.svg'}", f"wrote {document}"]


def test_a_benchmark_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """By its name."""
    with pytest.raises(SystemExit):
        main(["bench", "all", "--only", "ledger,hats"])
    assert "no benchmark: hats" in capsys.readouterr().err


def test_rows_say_what_they_were_told_and_where_they_are_of(tmp_path: Path) -> None:
    """The words of the command, but for those that say what it writes; the day and the machine."""
    parser = argparse.ArgumentParser()
    add_figures(parser)
    path = tmp_path / "rows.json"
    read = parser.parse_args(["--figures", str(path)])
    Rows.of(read, ["ledger", "--rounds", "6", "--json", "--figures", str(path)]).keep(_FINDING)
    found = read_finding(path)
    assert found.arguments == ("--rounds", "6")
    assert found.machine is not None
    assert found.machine.cores > 0
    assert found.tables == _FINDING.tables


def test_no_rows_are_written_where_nobody_wants_them(tmp_path: Path) -> None:
    """As a command is typed, most of the time."""
    Rows(path=None, arguments=(), load=0.0).keep(_FINDING)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bench", [bench for bench in BENCHES if bench.is_here], ids=lambda bench: bench.name)
def test_the_table_of_benchmarks_is_as_the_command_takes_it(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Every word that it is told, quick and not, is one of its options."""
    with pytest.raises(SystemExit) as ended:
        main(["bench", bench.name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    options = [word for told in (bench.full, bench.quick) for word in told if word.startswith("--")]
    assert [option for option in (*options, "--figures") if option not in shown] == []

"""The command `konbini`: a service of this machine, the registry's operators, the demo, a measurement, or specimens.

    konbini center|registry|issuing|clerk|kiosk --config FILE
    konbini console --config FILE
    konbini console first-administrator|waiting|agree ...
    konbini kiosk-password NAME
    konbini visit --config FILE LISTENER CHANNEL
    konbini ward enter|approve|withdraw|pending|show|look-up|history|statistics ...   (at the registry)
    konbini ward bulk|show-bulk|approve-bulk|import|copy-store ...
    konbini ward stop|release|retake|restored|outage|hold|reconcile ...               (at each process)
    konbini ward change-settings|settings|settings-text|rotate-keys|data-keys ...     (at each process)
    konbini ward retention|dispose|approve-disposal|withdraw-disposal|disposals ...   (at each process)
    konbini ward make-backup-key|backup|restore|wrapped-keys|rotate-lookup-key|take-settings ...
    konbini ward card-certificate ...
    konbini publish --config FILE --out DIR
    konbini verify FILE [FILE...] --issuers FILE --status FILE
    konbini audit verify|export ...
    konbini demo [--auto] ...
    konbini bench certificate|kiosk|ward|watched|import ...
    konbini simulate --visits N --seed S --profile P ...
    konbini gallery --out DIR ...
    konbini faults ...
    konbini museum ...
    konbini screens --out DIR ...

Owns: which word starts what. A word's rooms are imported when it is typed and not before, so that a machine which has
the libraries of one service alone can run that one. What cannot be understood ends with 2 and a sentence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["COMMANDS", "main"]

_NOT_UNDERSTOOD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """One word: what it does, and what it starts with the words behind it."""

    duty: str
    start: Callable[[Sequence[str]], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out what was typed; 2 where it cannot be understood or the machine lacks what it needs."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        (sys.stdout if given else sys.stderr).write(_usage())
        return 0 if given else _NOT_UNDERSTOOD
    command = COMMANDS.get(given[0])
    if command is None:
        sys.stderr.write(f"konbini: there is no command {given[0]!r}\n{_usage()}")
        return _NOT_UNDERSTOOD
    try:
        return command.start(given[1:])
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"konbini {given[0]}: this machine lacks the library {error.name}; see pyproject.toml's extras\n"
        )
        return _NOT_UNDERSTOOD


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = (f"  {name:<{width}}  {command.duty}" for name, command in COMMANDS.items())
    return "\n".join(("usage: konbini COMMAND ...; konbini COMMAND --help says more", *lines, ""))


def _config(name: str, given: Sequence[str]) -> list[str]:
    """Read `--config FILE` and give what the service's own main takes."""
    parser = argparse.ArgumentParser(prog=f"konbini {name}", description=COMMANDS[name].duty)
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="its configuration, TOML")
    return [str(parser.parse_args(given).config)]


def _center(given: Sequence[str]) -> int:
    config = _config("center", given)
    from konbini.issuance_center.main import main as serve  # noqa: PLC0415 - the center's libraries alone

    return serve(config)


def _registry(given: Sequence[str]) -> int:
    config = _config("registry", given)
    from konbini.ward_server.residents.main import main as serve  # noqa: PLC0415 - the ward's libraries alone

    return serve(config)


def _issuing(given: Sequence[str]) -> int:
    config = _config("issuing", given)
    from konbini.ward_server.issuing.main import main as serve  # noqa: PLC0415 - the ward's libraries alone

    return serve(config)


def _clerk(given: Sequence[str]) -> int:
    config = _config("clerk", given)
    from konbini.ward_server.clerk.main import main as serve  # noqa: PLC0415 - the ward's libraries alone

    return serve(config)


def _kiosk(given: Sequence[str]) -> int:
    config = _config("kiosk", given)
    from konbini.kiosk.host.main import main as serve  # noqa: PLC0415 - the kiosk's libraries alone

    return serve(config)


def _visit(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="konbini visit", description=COMMANDS["visit"].duty)
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the kiosk's configuration, TOML")
    parser.add_argument("listener", type=int, help="descriptor of the screen's listening socket")
    parser.add_argument("channel", type=int, help="descriptor of the socket to the long-lived process")
    read = parser.parse_args(given)
    from konbini.kiosk.visit.main import main as serve  # noqa: PLC0415 - the kiosk's libraries alone

    return serve([str(read.config), str(read.listener), str(read.channel)])


def _kiosk_password(given: Sequence[str]) -> int:
    from konbini.commands.kiosk_password import kiosk_password  # noqa: PLC0415 - the kiosk's libraries alone

    return kiosk_password(given)


def _console(given: Sequence[str]) -> int:
    from konbini.commands.console import console  # noqa: PLC0415 - the ward's libraries alone

    return console(given)


def _ward(given: Sequence[str]) -> int:
    from konbini.commands.ward import carry_out  # noqa: PLC0415 - the ward's libraries alone

    return carry_out(given)


def _publish(given: Sequence[str]) -> int:
    from konbini.commands.publish import publish  # noqa: PLC0415 - the ward's and the verifier's libraries alone

    return publish(given)


def _verify(given: Sequence[str]) -> int:
    from konbini.commands.verify import verify  # noqa: PLC0415 - the verifier's libraries alone

    return verify(given)


def _audit(given: Sequence[str]) -> int:
    from konbini.commands.audit import audit  # noqa: PLC0415 - the libraries of whoever checks logs alone

    return audit(given)


def _demo(given: Sequence[str]) -> int:
    from konbini.commands.demo import demo  # noqa: PLC0415 - the simulation's libraries alone

    return demo(given)


def _simulate(given: Sequence[str]) -> int:
    from konbini.commands.simulate import simulate  # noqa: PLC0415 - as above

    return simulate(given)


def _bench(given: Sequence[str]) -> int:
    from konbini.commands.bench import bench  # noqa: PLC0415 - the simulation's libraries alone

    return bench(given)


def _gallery(given: Sequence[str]) -> int:
    from konbini.commands.gallery import gallery  # noqa: PLC0415 - the simulation's libraries alone

    return gallery(given)


def _faults(given: Sequence[str]) -> int:
    from konbini.commands.faults import faults  # noqa: PLC0415 - the simulation's libraries alone

    return faults(given)


def _museum(given: Sequence[str]) -> int:
    from konbini.commands.museum import museum  # noqa: PLC0415 - the simulation's libraries alone

    return museum(given)


def _screens(given: Sequence[str]) -> int:
    from konbini.commands.screens import screens  # noqa: PLC0415 - the simulation's libraries alone

    return screens(given)


COMMANDS: Mapping[str, _Command] = {
    "center": _Command(duty="serve as the issuance center (証明書交付センター)", start=_center),
    "registry": _Command(duty="serve as a ward's resident registry (住民記録システム)", start=_registry),
    "issuing": _Command(duty="serve as a ward's issuing (証明書自動交付システム)", start=_issuing),
    "clerk": _Command(duty="serve as a ward's clerk (交付前の審査)", start=_clerk),
    "console": _Command(duty="serve as a ward's console (操作卓), or name its first administrator", start=_console),
    "kiosk": _Command(duty="serve as a kiosk (キオスク端末), its long-lived process", start=_kiosk),
    "kiosk-password": _Command(duty="make a maintainer's entry for a kiosk's service page", start=_kiosk_password),
    "visit": _Command(duty="serve one visit (利用); a kiosk starts it and hands it two descriptors", start=_visit),
    "ward": _Command(duty="what the ward's operators type", start=_ward),
    "publish": _Command(duty="write a ward's signed lists and the verification page, static files", start=_publish),
    "verify": _Command(duty="check a certificate: a PDF, a photo or a scan, offline", start=_verify),
    "audit": _Command(duty="check published logs, from files alone", start=_audit),
    "demo": _Command(duty="run a made-up town on this machine", start=_demo),
    "faults": _Command(
        duty="break everything at the real kiosk, and hold what comes of it against a table", start=_faults
    ),
    "museum": _Command(
        duty="run published faults in the simulated town, with and without their defences", start=_museum
    ),
    "gallery": _Command(duty="show every form and edge case, from made-up residents", start=_gallery),
    "screens": _Command(duty="show every screen of the kiosk, with made-up values", start=_screens),
    "simulate": _Command(duty="run the town in a bottle, from a seed, with faults", start=_simulate),
    "bench": _Command(duty="measure what things cost on this machine, beside others", start=_bench),
}
"""Every word after `konbini`."""

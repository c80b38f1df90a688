"""The process of one visit: started warm by the long-lived process, serves one resident, wipes, and ends.

    python -m konbini.kiosk.visit CONFIG.toml LISTENER CHANNEL

LISTENER and CHANNEL are numbers of file descriptors that were handed over: the screen's listening socket, and one end
of a socket pair to the long-lived process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from konbini.kiosk.card.profiles import CardProfile
from konbini.kiosk.card.reader import PcscCardReader
from konbini.kiosk.channel.host import HostClient
from konbini.kiosk.config import KioskConfig, read_config
from konbini.kiosk.payment.choosing import payment_device
from konbini.kiosk.places.bundled import bundled
from konbini.kiosk.printing.client import IppClient
from konbini.kiosk.printing.exit_sensor import ExitSensor
from konbini.kiosk.printing.printer import IppPrinter, Pace
from konbini.kiosk.session.screen import Screen
from konbini.kiosk.session.view import View
from konbini.kiosk.speech.clips import Clips
from konbini.kiosk.ui.fonts import FontsMissing, bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.kiosk.visit.atlas import Atlas
from konbini.kiosk.visit.confinement import confine
from konbini.kiosk.visit.secret import SecretMemory
from konbini.kiosk.visit.serving import serve_resident
from konbini.kiosk.visit.tools import Tools
from konbini.kiosk.visit.ward import Device
from konbini.pdf.verification import verify
from konbini.process.calls import CallClient
from konbini.process.clock import SystemClock
from konbini.process.config import ConfigRefused
from konbini.process.entropy import SystemEntropy
from konbini.process.log import capture_libraries, logger
from konbini.process.secret_files import read_signing_key
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Refused
from konbini.protocol.trust import WardDirectory

__all__ = ["main"]

_CANNOT_START = 2
_CHANNEL_LOST = 3

_log = logger("konbini.kiosk.visit")


def main(arguments: list[str] | None = None, *, cards: tuple[CardProfile, ...] = ()) -> int:
    """Serve one resident; 0 when everything is wiped, 3 when the long-lived process is gone.

    Args:
        arguments: of the command line, which says nothing of cards.
        cards: what is taken beside the cards of the configuration; whoever is run as an installation runs it has none.
    """
    parser = argparse.ArgumentParser(prog="konbini-visit", description="The process of one visit (利用)")
    parser.add_argument("config", type=Path)
    parser.add_argument("listener", type=int)
    parser.add_argument("channel", type=int)
    given = parser.parse_args(arguments)
    capture_libraries()
    status = 0
    try:
        config = read_config(given.config)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            listener, channel = socket.socket(fileno=given.listener), socket.socket(fileno=given.channel)
            runner.run(_serve(config, cards, listener, channel))
    except* ConnectionError:
        status = _CHANNEL_LOST
    except* (ConfigRefused, FontsMissing, Refused, OSError, ValueError) as errors:
        sys.stderr.write(f"a visit cannot go on: {errors.exceptions[0]}\n")
        status = _CANNOT_START
    return status


async def _serve(
    config: KioskConfig, cards: tuple[CardProfile, ...], listener: socket.socket, channel: socket.socket
) -> None:
    client = await CallClient.over(channel, peers=frozenset({os.getuid()}))
    host = HostClient(client)
    memory = SecretMemory.map()
    async with _tools(config, cards, host, memory) as tools:
        pages, fonts, atlas = Pages(Clips.installed()), bundled_fonts(), Atlas(bundled())
        if not pages.can_speak:
            _log.warning("no audio guide", state="no_clips")
        confined = confine()
        _log.info("warm", state="confined" if confined else "not_confined", kind=memory.kept)

        @asynccontextmanager
        async def served(first: View) -> AsyncIterator[Screen]:
            screen = ScreenServer(listener=listener, pages=pages, fonts=fonts, entropy=tools.entropy, first=first)
            await screen.start()
            try:
                yield screen
            finally:
                await screen.close()
                await client.close()

        await serve_resident(tools, places=atlas, means=config.cash_means, open_screen=served)


@asynccontextmanager
async def _tools(
    config: KioskConfig, cards: tuple[CardProfile, ...], host: HostClient, memory: SecretMemory
) -> AsyncIterator[Tools]:
    clock, entropy = SystemClock(), SystemEntropy()
    directory = WardDirectory.open(
        config.directory.read_bytes(), VerifyingKey(config.directory_authority), newest_seen=0
    )
    async with IppClient(config.printer_uri, pin=config.printer_pin, counter=config.printer_counter) as printer:
        yield Tools(
            device=Device(
                kiosk=config.kiosk,
                signing=read_signing_key(config.signing_key),
                office=config.office(directory),
            ),
            directory=config.offered(directory),
            host=host,
            reader=PcscCardReader(config.reader_prefix, profiles=(*config.cards, *cards)),
            printer=IppPrinter(
                printer,
                clock,
                Pace(still=float(config.printer_still_seconds)),
                paper_exit=ExitSensor(config.tray_socket, clock),
                two_sided=config.printer_two_sided,
            ),
            cash=payment_device(config.cash_means, config.cash_socket, clock),
            verify=verify,
            memory=memory,
            clock=clock,
            entropy=entropy,
        )

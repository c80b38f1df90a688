"""A process that serves one screen on a listening socket it was handed, until it is ended.

Arguments: the descriptor of the socket, and "start" or "paper" for what it shows. Says "ready" when it accepts.
"""

import asyncio
import socket
import sys

from konbini.kiosk.session.entry_views import StartView
from konbini.kiosk.session.order_views import TakePaperView
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.process.entropy import SystemEntropy


async def serve(descriptor: int, what: str) -> None:
    """Serve until standard input ends."""
    view = TakePaperView(pages=1) if what == "paper" else StartView()
    server = ScreenServer(
        listener=socket.socket(fileno=descriptor),
        pages=Pages(),
        fonts=bundled_fonts(),
        entropy=SystemEntropy(),
        first=view,
    )
    await server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))

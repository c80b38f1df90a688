"""A kiosk in the simulated world: its devices, its two kinds of process, and the people who stand before it.

What decides is production's: `konbini.kiosk.host.main.serve`, the `Visit`, the card's session, the printer's judgement,
the coin device's client. What is simulated is what a hand can touch. Everything waits on the clock that it is handed,
or on the running loop; nothing here opens a socket, a file, a thread or a process, and chance is handed in.
"""

"""The coin device without its sockets: lines in, lines out, whoever carries them (see `device` for what they say).

It answers the kiosk's lines (`konbini.kiosk.payment.frames`) and a person's hands, one at a time. Each step is kept
before it is answered. What breaks is broken by the hands too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from konbini.kiosk.payment import frames
from konbini.kiosk.payment.ports import CashFault, CashState
from konbini.process.clock import Clock
from konbini.protocol.errors import Refused
from konbini.simulation.cash import machine as steps
from konbini.simulation.cash.coins import NOTHING
from konbini.simulation.cash.machine import Machine, Said
from konbini.simulation.cash.memory import FULL_HOPPER

__all__ = ["Box", "MachineMemory"]


class MachineMemory(Protocol):
    """Where the device's state outlives its power; `konbini.simulation.cash.memory` is a file."""

    def load(self) -> Machine:
        """Return the state that was kept last."""

    def keep(self, machine: Machine) -> None:
        """Return only when the state would survive a cut of the power."""


class Box:
    """One coin device.

    Args:
        memory: where its state is kept.
        clock: what a falling coin takes.
        coin_seconds: how long that is.
    """

    def __init__(self, memory: MachineMemory, clock: Clock, *, coin_seconds: float) -> None:
        self._memory = memory
        self._clock = clock
        self._coin_seconds = coin_seconds
        self._machine = memory.load()
        self._turn = asyncio.Lock()
        self._jammed = False
        self._stuck = False
        self._short = False
        self._miscounted = 0
        self._hangs_up = False
        self._silenced_by_coin = False
        self._silent = False
        self._told: tuple[tuple[Machine, bool, bool, int], bytes] | None = None

    @property
    def machine(self) -> Machine:
        """Its state in truth, whatever it says."""
        return self._machine

    @asynccontextmanager
    async def powering_on(self) -> AsyncIterator[None]:
        """Pay what the last run left unpaid, behind the block and before any command that comes from now on."""
        async with self._turn:
            yield
            await self._pay_out()

    async def answer_kiosk(self, line: bytes) -> bytes:
        """Answer one line of the kiosk; nothing where it says nothing."""
        if self._silent:
            return b""
        try:
            request = frames.read_request(line)
            if request[0] == "STATE":
                return self._told_state()
            async with self._turn:
                return await self._do(request)
        except Refused:
            return b"NO MALFORMED\n"
        except Said as said:
            return f"NO {said.word}\n".encode("ascii")

    async def _do(self, request: frames.Request) -> bytes:
        verb, amount, key, following = request
        match verb:
            case "ASK" if self._jammed:
                raise Said("JAM")
            case "ASK":
                self._step(steps.ask(self._machine, amount, key))
                return b"OK\n"
            case "CAPTURE":
                self._step(steps.capture(self._machine, key, amount, stuck=self._stuck))
            case "CARRY":
                self._step(steps.carry(self._machine, key, amount, following))
            case _:
                self._step(steps.give_back(self._machine, key, stuck=self._stuck))
        await self._pay_out()
        settlement = self._machine.end_of(key)
        if settlement is None:
            raise Said("UNKNOWN")
        if self._hangs_up:
            self._hangs_up = False
            return b""
        return frames.write_settlement(settlement)

    async def _pay_out(self) -> None:
        while self._machine.payout is not None:
            await self._clock.sleep(self._coin_seconds)
            last = len(self._machine.payout.pieces) == 1
            self._step(steps.drop_coin(self._machine, sticks=last and self._short))

    def _step(self, after: Machine) -> None:
        if after is not self._machine:
            self._memory.keep(after)
            self._machine = after

    def _told_state(self) -> bytes:
        """Say how it is; asked twice a second, it makes its words anew only when something changed."""
        now = self._machine, self._jammed, self._stuck, self._miscounted
        if self._told is None or self._told[0][0] is not now[0] or self._told[0][1:] != now[1:]:
            self._told = now, frames.write_state(self._state())
        return self._told[1]

    def _state(self) -> CashState:
        empty = self._stuck or not self._machine.hopper.yen
        faults = {CashFault.JAM: self._jammed, CashFault.CANNOT_PAY_OUT: empty}
        counts = self._machine.counts
        return CashState(
            asking=self._machine.asking,
            counts=replace(counts, taken=counts.taken + self._miscounted),
            faults=frozenset(fault for fault, there in faults.items() if there),
            dish=self._machine.dish > 0,
        )

    async def answer_hands(self, line: bytes) -> bytes:
        """Do what a hand does, but for its cable, which is its carrier's."""
        try:
            async with self._turn:
                return self._handle(line.decode("ascii", "replace").split())
        except Said as said:
            return f"NO {said.word}\n".encode("ascii")

    def _handle(self, words: list[str]) -> bytes:
        match words:
            case ["DROP", yen] if yen.isdigit():
                if self._jammed:
                    raise Said("JAM")
                self._step(steps.insert(self._machine, int(yen)))
                self._silent = self._silenced_by_coin
            case ["TAKE"]:
                there = self._machine.dish
                self._step(replace(self._machine, dish=0))
                return f"OK {there}\n".encode("ascii")
            case ["HOPPER", "EMPTY" | "FULL" as level]:
                self._step(replace(self._machine, hopper=NOTHING if level == "EMPTY" else FULL_HOPPER))
            case ["JAM", "ON" | "OFF" as jam]:
                self._jammed = jam == "ON"
            case ["MOTOR", "STUCK" | "FREE" as motor]:
                self._stuck = motor == "STUCK"
            case _:
                self._misbehave(words)
        return b"OK\n"

    def _misbehave(self, words: list[str]) -> None:
        """Take on a bad habit of the counting, or drop it."""
        match words:
            case ["SHORT", "ON" | "OFF" as short]:
                self._short = short == "ON"
            case ["COUNT", yen] if yen.isdigit():
                self._miscounted = int(yen)
            case ["HANG-UP"]:
                self._hangs_up = True
            case ["SILENT", "ON" | "OFF" as silent]:
                self._silenced_by_coin = silent == "ON"
                self._silent = False
            case _:
                raise Said("MALFORMED")

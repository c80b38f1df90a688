"""A service knows the real keys alone: whatever it imports, no other kind of key is among it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LOOK = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
from konbini.protocol import cose, sealing
keys = (cose.VerifyingKey, cose.SigningKey, sealing.SealingKey, sealing.OpeningKey)
print([kind.__name__ for key in keys for kind in (*key._kinds.values(), *key.__subclasses__())])
print([name for name in sys.modules if name.startswith("konbini.simulation.world")])
"""
_SERVICES = ("konbini.kiosk", "konbini.issuance_center", "konbini.ward_server", "konbini.verifier")


def _look(*names: str) -> list[str]:
    answer = subprocess.run(  # noqa: S603 - this interpreter, and names of this file
        [sys.executable, "-c", _LOOK, *names], capture_output=True, text=True, check=True, timeout=100
    )
    return answer.stdout.split("\n")[:2]


@pytest.mark.parametrize("name", [*_SERVICES, "konbini.commands.main"])
def test_no_service_knows_another_kind_of_key(name: str) -> None:
    """Nothing of the simulated world is there when a service runs, however it is started."""
    assert _look(name) == ["[]", "[]"]


def test_the_look_sees_what_it_looks_for() -> None:
    """The positive control."""
    kinds, modules = _look("konbini.simulation.world.keys")
    assert "WorldVerifyingKey" in kinds
    assert "konbini.simulation.world.keys" in modules

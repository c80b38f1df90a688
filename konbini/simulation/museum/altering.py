"""Alterations of our own source, made while a module is imported.

Owns: the text before and after, and the hook that compiles the altered text in the module's place. Nothing on the disk
changes, no compiled file is read or written, and a process without the hook has the source as it stands.

Invariants: the text before stands exactly once in the module, or nothing is altered; a module that is imported already
cannot be altered any more and refuses.

Limits: several alterations of one module are made one after the other, each upon what the last one left, so that two of
them never touch the same lines.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import konbini

__all__ = ["Alteration", "AlterationRefused", "AlteredSources", "altered_source", "difference", "install", "source_of"]

_PACKAGE = Path(konbini.__file__).parent


class AlterationRefused(Exception):  # noqa: N818 - a state of the catalogue
    """The text before does not stand exactly once, or the module is imported already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """One place of one module, before and after."""

    module: str
    before: str
    after: str


class AlteredSources(MetaPathFinder):
    """The hook: finds altered modules, and leaves every other to whoever comes next.

    Raises:
        AlterationRefused: one of them cannot be made.
    """

    def __init__(self, alterations: Sequence[Alteration]) -> None:
        modules = dict.fromkeys(one.module for one in alterations)
        self._sources = {module: altered_source(module, alterations) for module in modules}
        self.imported: set[str] = set()
        """The altered modules that were imported."""

    @property
    def modules(self) -> frozenset[str]:
        """The modules that are altered."""
        return frozenset(self._sources)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find an altered module where it lies, with its altered text."""
        source = self._sources.get(fullname)
        spec = None if source is None else PathFinder.find_spec(fullname, path, target)
        if source is None or spec is None or spec.origin is None:
            return None
        self.imported.add(fullname)
        spec.loader = _AlteredLoader(fullname, spec.origin, source)
        return spec


class _AlteredLoader(SourceFileLoader):
    """Compiles the text that it is given, whatever lies on the disk."""

    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._source = source

    def get_source(self, fullname: str) -> str:
        """Give the altered text, to whoever shows where an error was raised."""
        del fullname
        return self._source

    def get_code(self, fullname: str) -> CodeType:
        """Compile it."""
        path = self.get_filename(fullname)
        code = compile(self._source, path, "exec", dont_inherit=True)
        assert isinstance(code, CodeType)  # noqa: S101 - what compiling a module gives
        return code


def install(alterations: Sequence[Alteration]) -> AlteredSources:
    """Put the hook in front of all others, for this process.

    Raises:
        AlterationRefused: an alteration cannot be made, or comes too late.
    """
    hook = AlteredSources(alterations)
    late = sorted(hook.modules & sys.modules.keys())
    if late:
        raise AlterationRefused(f"imported already: {', '.join(late)}")
    sys.meta_path.insert(0, hook)
    return hook


def source_of(module: str) -> str:
    """Read a module of ours as it lies on the disk, without importing anything.

    Raises:
        AlterationRefused: there is none.
    """
    place = _PACKAGE.joinpath(*module.split(".")[1:])
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not module.startswith("konbini.") or not path.is_file():
        raise AlterationRefused(f"no module of ours: {module}")
    return path.read_text(encoding="utf-8")


def altered_source(module: str, alterations: Sequence[Alteration]) -> str:
    """Give a module's text with those alterations made that are its own.

    Raises:
        AlterationRefused: the text before stands nowhere, or more than once.
    """
    source = source_of(module)
    for one in alterations:
        if one.module != module:
            continue
        found = source.count(one.before)
        if found != 1:
            raise AlterationRefused(f"{module}: stands {found} times: {one.before!r}")
        source = source.replace(one.before, one.after)
    return source


def difference(alterations: Sequence[Alteration]) -> Iterator[str]:
    """Show alterations as a unified diff of our source, module after module, without dates and line numbers.

    Raises:
        AlterationRefused: one of them cannot be made.
    """
    for module in dict.fromkeys(one.module for one in alterations):
        before, after = source_of(module), altered_source(module, alterations)
        name = module.replace(".", "/") + ".py"
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, n=2, lineterm="")
        yield from ("@@" if line.startswith("@@") else line for line in lines)

"""Changes inputs in their own structure, so that they get past the checks of form and reach what is behind.

Each takes an input, the most bytes, a seed and the engine's own way (`Mutate`), and falls back on the latter where the
input is not of the structure, or now and then, so that the checks of form are tried too.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import random
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import cbor2

from tests.fuzz.target import Mutate, Raw

__all__ = ["behind", "cells", "der", "lines", "members", "pieces", "taken_apart", "values"]

_RAW_SHARE: Final = 0.15
_NUMBERS: Final = (0, 1, 2, 23, 24, 255, 256, 65535, 65536, 2**31, 2**32, 2**40, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
_TEXTS: Final = ("", " ", "\0", "131997", "東京都澄川区", "x" * 65, "e\u0301", "\U000e0100", "9" * 30, "-", "+", "\n")
_BYTES: Final = (b"", bytes(8), bytes(16), bytes(32), bytes(65), b"\x80", b"\x04" + bytes(64), bytes(1216))
_DEEPEST: Final = 40
_Steps: TypeAlias = "list[tuple[list[Any], int]]"


def behind(head: int, inner: Mutate) -> Mutate:
    """Change what stands behind the first bytes with another way, and those first bytes seldom."""

    def change(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
        chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
        if len(data) < head or chance.random() < _RAW_SHARE / 5:
            return raw(data, most)
        start = chance.randbytes(head) if chance.random() < _RAW_SHARE / 3 else data[:head]
        return start + inner(data[head:], most - head, seed + 1, raw)

    return change


def values(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    """Change a value of CBOR: numbers, texts, lengths, types, order, and values within byte strings alike."""
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    if chance.random() < _RAW_SHARE:
        return raw(data, most)
    try:
        whole = [cbor2.loads(data)]
        for _ in range(chance.randint(1, 3)):
            _spoil(whole, chance, raw)
        made = bytes(cbor2.dumps(whole[0]))
    except (cbor2.CBORError, ValueError, RecursionError, OverflowError, TypeError):
        return raw(data, most)
    return made if len(made) <= most else raw(data, most)


def _spoil(whole: list[Any], chance: random.Random, raw: Raw) -> None:
    places = list(_places(whole, 0))
    holder, at = chance.choice(places)
    held = holder[at]
    if isinstance(held, list) and chance.random() < 0.8:
        _spoil_list(held, chance, places)
    elif chance.random() < 0.12:
        holder[at] = chance.choice((None, True, 0, b"", "", [], held, [held], -1))
    elif isinstance(held, bool) or held is None:
        holder[at] = chance.choice((True, False, None, 0))
    elif isinstance(held, int):
        holder[at] = chance.choice((held + 1, held - 1, -held, held ^ 1 << chance.randrange(40), *_NUMBERS))
    elif isinstance(held, bytes):
        holder[at] = _spoilt_bytes(held, chance, raw)
    elif isinstance(held, str):
        holder[at] = _spoilt_text(held, chance, raw)


def _places(holder: list[Any], depth: int) -> Iterator[tuple[list[Any], int]]:
    for at, held in enumerate(holder):
        yield holder, at
        if isinstance(held, list) and depth < _DEEPEST:
            yield from _places(held, depth + 1)


def _spoil_list(held: list[Any], chance: random.Random, places: _Steps) -> None:
    at = chance.randint(0, len(held))
    other, place = chance.choice(places)
    borrowed = cbor2.loads(cbor2.dumps(other[place]))
    match chance.randrange(6):
        case 0:
            del held[at : at + 1]
        case 1:
            held.insert(at, borrowed)
        case 2:
            held[at : at + 1] = [borrowed]
        case 3:
            chance.shuffle(held)
        case 4:
            held[at:at] = [held[at - 1]] * chance.choice((1, 2, 15, 65)) if held else []
        case _:
            del held[at:]


def _spoilt_bytes(held: bytes, chance: random.Random, raw: Raw) -> bytes:
    if chance.random() < 0.3:
        return chance.choice((*_BYTES, held[:-1], held + b"\0", bytes(len(held))))
    if held[:1] >= b"\x80" and chance.random() < 0.6:
        return values(held, len(held) + 64, chance.getrandbits(32), raw)
    return raw(held, len(held) + chance.choice((0, 0, 1, 64)) or 1)


def _spoilt_text(held: str, chance: random.Random, raw: Raw) -> str:
    if chance.random() < 0.5:
        at = chance.randint(0, len(held))
        return held[:at] + chance.choice(_TEXTS) + held[at + chance.randint(0, 2) :]
    return raw(held.encode("utf-8", "surrogatepass"), 2 * len(held) + 8).decode("utf-8", "ignore")


def pieces(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    """Change inputs that are taken apart by `taken_apart`: one piece, or the order of the pieces."""
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    found = list(taken_apart(data))
    if not found or chance.random() < _RAW_SHARE:
        return raw(data, most)
    at = chance.randrange(len(found))
    match chance.randrange(8):
        case 0:
            del found[at]
        case 1:
            found.insert(at, chance.choice(found))
        case 2:
            found[at] = chance.choice(found)
        case _:
            found[at] = raw(found[at], len(found[at]) + 16)
    made = b"".join(len(one).to_bytes(2) + one[:65535] for one in found)
    return made if len(made) <= most else raw(data, most)


def taken_apart(data: bytes) -> Iterator[bytes]:
    """Take apart what stands behind lengths of two bytes; the last piece may be cut short."""
    place = 0
    while place + 2 <= len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2])
        yield data[place + 2 : end]
        place = end


def lines(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    """Change lines of text: their order, what stands twice, and what stands behind an equals sign or a colon."""
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    found = data.split(b"\n")
    if chance.random() < _RAW_SHARE:
        return raw(data, most)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(found))
        match chance.randrange(7):
            case 0 if len(found) > 1:
                del found[at]
            case 1:
                found.insert(chance.randint(0, len(found)), found[at])
            case 2:
                other = chance.randrange(len(found))
                found[at], found[other] = found[other], found[at]
            case 3 | 4:
                found[at] = _other_value(found[at], found[chance.randrange(len(found))], chance)
            case _:
                found[at] = raw(found[at], len(found[at]) + 16)
    made = b"\n".join(found)
    return made if len(made) <= most else raw(data, most)


_WORDS: Final = (
    b"-1", b"0", b"true", b'""', b"[]", b"{}", b"null", b"1e400", b"nan", b"9" * 5000, b"[" * 1200, b"2026-02-30",
    b"00:00", b"24:00", b'"24:01"', b"0001-01-01", b"9999-12-31T23:59:59", b'"\\u0000"', b'"\xf3\xa0\x84\x80"', b"[[]]",
    b"2000-01-01T00:00:00Z", b'{"a": 1}', b"1.5", b"0x7fffffffffffffffffff", b'{"a": ' * 1200,
)  # fmt: skip


def _other_value(line: bytes, other: bytes, chance: random.Random) -> bytes:
    mark = next((one for one in (b"=", b":", b",", b" ") if one in line), b"=")
    head, _, tail = line.partition(mark)
    return head + mark + b" " + chance.choice((*_WORDS, other.partition(mark)[2], tail.strip().strip(b'"')))


_Node: TypeAlias = "tuple[int, bytes | list[_Node]]"


def der(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    """Change a DER structure: a value, a tag, or which parts there are; the lengths around them stay right."""
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    if chance.random() < _RAW_SHARE:
        return raw(data, most)
    tree = _read(data, 0)
    if not tree:
        return raw(data, most)
    for _ in range(chance.randint(1, 2)):
        _spoil_tree(tree, chance, raw)
    made = _write(tree)
    return made if len(made) <= most else raw(data, most)


def _read(data: bytes, depth: int) -> list[_Node] | None:
    """Read nodes that fill `data`; None where they do not."""
    found: list[_Node] = []
    place = 0
    while place < len(data):
        if place + 2 > len(data) or data[place] & 0x1F == 0x1F:
            return None
        tag, length, begin = data[place], data[place + 1], place + 2
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(data[place + 2 : begin])
        place = begin + length
        if place > len(data) or begin > len(data):
            return None
        content = data[begin:place]
        opaque = not tag & 0x20 and not (tag == 4 and content[:1] == b"\x30")
        inner = None if opaque or depth > _DEEPEST else _read(content, depth + 1)
        found.append((tag, content if inner is None else inner))
    return found


def _write(tree: list[_Node]) -> bytes:
    parts = []
    for tag, held in tree:
        content = held if isinstance(held, bytes) else _write(held)
        size = len(content)
        width = (size.bit_length() + 7) // 8
        length = bytes((size,)) if size < 0x80 else bytes((0x80 | width,)) + size.to_bytes(width)
        parts.append(bytes((tag,)) + length + content)
    return b"".join(parts)


def _spoil_tree(tree: list[_Node], chance: random.Random, raw: Raw) -> None:
    nodes: list[tuple[list[_Node], int]] = []
    _collect(tree, nodes)
    if not nodes:
        return
    holder, at = chance.choice(nodes)
    tag, held = holder[at]
    other, place = chance.choice(nodes)
    match chance.randrange(9):
        case 0:
            del holder[at]
        case 1:
            holder.insert(at, other[place] if _small(other[place]) else holder[at])
        case 2 if _small(other[place]):
            holder[at] = other[place]
        case 3:
            holder[at] = (
                chance.choice((tag ^ 0x20, 2, 3, 4, 5, 6, 12, 19, 23, 24, 0x30, 0x31, 0x80, 0xA0, 0xA3)),
                held,
            )
        case 4:
            holder[at] = (tag, [] if isinstance(held, list) else b"")
        case _ if isinstance(held, bytes):
            holder[at] = (tag, raw(held, len(held) + chance.choice((0, 1, 8))) if held else b"\0")
        case _:
            chance.shuffle(held)


def _small(node: _Node) -> bool:
    return isinstance(node[1], bytes)


def _collect(tree: list[_Node], into: list[tuple[list[_Node], int]]) -> None:
    for at, (_tag, held) in enumerate(tree):
        into.append((tree, at))
        if isinstance(held, list):
            _collect(held, into)


def members(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    """Change a JSON object within: a value, a name, or what stands beside it; otherwise lines of text."""
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    try:
        whole = [json.loads(data)]
    except (ValueError, RecursionError):
        return lines(data, most, seed, raw)
    if chance.random() < _RAW_SHARE:
        return lines(data, most, seed, raw)
    for _ in range(chance.randint(1, 3)):
        _spoil_member(whole, chance, raw)
    made = json.dumps(whole[0], ensure_ascii=chance.random() < 0.3).encode("utf-8", "surrogatepass")
    return made if len(made) <= most else raw(data, most)


_JSON_VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 20261120, 2**63, 10**400, 1.5, 1e308, "", "x", "x" * 300, "\x00", "\ud800", "見本",
    [], {}, [[]], [None], {"": None}, "00" * 20, "=", "e\u0301",
)  # fmt: skip


def _spoil_member(whole: list[Any], chance: random.Random, raw: Raw) -> None:
    holder, key = chance.choice(list(_json_places(whole)))
    held = holder[key]
    match chance.randrange(8):
        case 0:
            del holder[key]
            if not whole:
                whole.append({})
        case 1 if isinstance(holder, dict):
            holder[
                chance.choice(
                    (
                        "",
                        "name",
                        "card",
                        "kind",
                        raw(key.encode("utf-8", "surrogatepass"), 20).decode("utf-8", "replace"),
                    )
                )
            ] = held
        case 2:
            other, place = chance.choice(list(_json_places(whole)))
            holder[key] = json.loads(json.dumps(other[place]))
        case 3 | 4 if isinstance(held, str):
            holder[key] = _spoilt_text(held, chance, raw)
        case 3 | 4 if isinstance(held, int):
            holder[key] = held + chance.choice((1, -1, 100, -100, 1 << 40))
        case 5 if isinstance(held, list):
            held.extend(json.loads(json.dumps(held)) or [0])
        case _:
            holder[key] = copy.deepcopy(chance.choice(_JSON_VALUES))


def _json_places(holder: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - of JSON
    for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _json_places(holder[key])


def cells(data: bytes, most: int, seed: int, raw: Raw) -> bytes:
    """Change cells of CSV below the header, or the order of columns; now and then lines of text."""
    chance = random.Random(seed)  # noqa: S311 - spoils, not secrets
    try:
        table = list(csv.reader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")))
    except csv.Error:
        table = []
    if len(table) < 2 or not all(table) or chance.random() < 2 * _RAW_SHARE:
        return lines(data, most, seed, raw)
    for _ in range(chance.randint(1, 3)):
        row = chance.choice(table[1:])
        at = chance.randrange(len(row))
        row[at] = _spoilt_cell(row[at], chance, raw)
    if chance.random() < 0.1:
        one, other = (chance.randrange(len(table[0])) for _ in range(2))
        for row in table:
            if max(one, other) < len(row):
                row[one], row[other] = row[other], row[one]
    written = io.StringIO()
    csv.writer(written).writerows(table)
    made = written.getvalue().encode("utf-8", "surrogateescape")
    return made if len(made) <= most else raw(data, most)


def _spoilt_cell(cell: str, chance: random.Random, raw: Raw) -> str:
    if chance.random() < 0.3:
        return chance.choice(
            ("", "0", "true", "male", "20260230", "0" * 5000, "[" * 2000, "{}", "[{}]", "null", ":", ";")
        )
    try:
        json.loads(cell if cell[:1] in ("[", "{") else "?")
    except (ValueError, RecursionError):
        return _spoilt_text(cell, chance, raw)
    return members(cell.encode("utf-8", "surrogateescape"), 1 << 14, chance.getrandbits(32), raw).decode(
        "utf-8", "surrogateescape"
    )

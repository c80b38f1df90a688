"""Finds municipalities by what somebody types of a name, letter by letter or as the beginning of an address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from konbini.kiosk.places.municipality import Municipality, Prefecture
from konbini.kiosk.places.spelling import is_latin, japanese, latin, with_m

__all__ = ["Index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forms:
    """A municipality and the forms of its names, as `spelling` makes them."""

    member: Municipality
    japanese: tuple[str, ...]
    latin: tuple[str, ...]


class Index:
    """The names of municipalities, ready to be compared.

    Args:
        members: among whom is searched.
    """

    def __init__(self, members: Iterable[Municipality]) -> None:
        self._all = tuple(map(_forms, members))
        self._prefectures = {japanese(each.member.prefecture.name): each.member.prefecture for each in self._all}

    def find(self, text: str) -> tuple[Municipality, ...]:
        """Give whose name begins with `text`, the nearest in length first: kana, Chinese characters or Latin letters.

        In Japanese a prefecture and a county may stand before the name. Where no name begins so, `text` may be an
        address that goes on behind it: 新宿区西新宿2-8-1.
        """
        if is_latin(text):
            return _beginning(latin(text), self._all, lambda each: each.latin)
        typed, prefecture = self._without_prefecture(japanese(text))
        among = [each for each in self._all if prefecture in (None, each.member.prefecture)]
        if not typed:
            return tuple(each.member for each in among) if prefecture else ()
        return _beginning(typed, among, lambda each: each.japanese) or _before_the_rest(typed, among)

    def _without_prefecture(self, typed: str) -> tuple[str, Prefecture | None]:
        for name, prefecture in self._prefectures.items():
            if typed.startswith(name):
                return typed.removeprefix(name), prefecture
        return typed, None


def _forms(member: Municipality) -> _Forms:
    name, spelled = japanese(member.name), latin(member.latin)
    before = (f"{japanese(member.county)}{name}",) if member.county else ()
    other = with_m(spelled)
    return _Forms(
        member=member,
        japanese=(name, japanese(member.kana), *before),
        latin=(spelled,) if other == spelled else (spelled, other),
    )


def _beginning(
    typed: str, among: Iterable[_Forms], names: Callable[[_Forms], tuple[str, ...]]
) -> tuple[Municipality, ...]:
    if not typed:
        return ()
    found = [
        (min(lengths), each.member.code, each.member)
        for each in among
        if (lengths := [len(name) for name in names(each) if name.startswith(typed)])
    ]
    return tuple(member for *_, member in sorted(found, key=lambda one: one[:2]))


def _before_the_rest(address: str, among: Iterable[_Forms]) -> tuple[Municipality, ...]:
    """Give whose name the address begins with: the longest name, so that 東村山市 is not 東村 as well."""
    found = [
        (max(lengths), each.member)
        for each in among
        if (lengths := [len(name) for name in each.japanese if address.startswith(name)])
    ]
    longest = max((length for length, _ in found), default=0)
    return tuple(member for length, member in found if length == longest)

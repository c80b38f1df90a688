"""What an operator does about each reason why nothing is issued: a line of the ward's page in both languages.

The runbooks say more (docs/runbooks/); a test compares the codes with the ways in which a feed breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from konbini.protocol.errors import Code

__all__ = ["todo"]

_RETAKE = "（docs/runbooks/broken-feed.md）"
_TODO: Final[Mapping[Code, tuple[str, str]]] = {
    Code.FEED_GAP: (
        f"連携データが欠けています。住民記録側の欠番を確かめ、再取得を2名で決定してください{_RETAKE}",
        "The feed has a gap: find what is missing at the registry, then re-take the copy, by two persons",
    ),
    Code.FEED_FORKED: (
        f"連携データが枝分かれしています。住民記録の復元の有無を確かめ、再取得を2名で決定してください{_RETAKE}",
        "The feed has forked: was the registry restored? Say so there, then re-take the copy, by two persons",
    ),
    Code.FEED_NOT_SIGNED: (
        f"連携データの署名を確認できません。改ざんを調べ、原因が分かってから再取得を2名で決定してください{_RETAKE}",
        "A signature of the feed does not hold: find out who wrote it before two persons re-take the copy",
    ),
    Code.FEED_BROKEN: (
        f"連携データの内容が矛盾しています。住民記録の版を確かめ、再取得を2名で決定してください{_RETAKE}",
        "An entry of the feed contradicts itself: compare the builds of the processes, then re-take, by two persons",
    ),
    Code.REGISTRY_RENEWED: (
        "住民記録が復元され、新しい世代になりました。再取得を2名で決定してください（docs/runbooks/restored-registry.md）",
        "The registry goes on under a new incarnation: re-take the copy, by two persons",
    ),
    Code.REGISTRY_BEHIND: (
        "住民記録が、配信済みの内容を失っています。復元を住民記録で宣言してください（docs/runbooks/restored-registry.md）",
        "The registry has forgotten what it published: say at the registry that it was restored, then re-take the copy",
    ),
    Code.COPY_DIFFERS: (
        "全件照合で差異がありました。差異を確かめ、再取得を2名で決定してください（docs/runbooks/broken-feed.md）",
        "The full reconcile found differences: read them, re-take the copy, then release, by two persons",
    ),
    Code.WARD_RESTORED: (
        "このサーバーの記録は復元されたものです。復元を2名で宣言してください（docs/runbooks/restored-ward.md）",
        "This store was restored from a backup: say so, by two persons, and release when it is reconciled",
    ),
}
_OTHERWISE = (
    "原因を確かめてから、解除を2名で決定してください（docs/runbooks/release-of-a-stop.md）",
    "Find the cause; two persons release",
)


def todo(code: Code) -> tuple[str, str]:
    """Give what to do about a code, in Japanese and in English."""
    return _TODO.get(code, _OTHERWISE)

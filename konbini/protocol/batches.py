"""One signature over a batch of payloads, each of which still verifies alone.

    signed payload   [payload, index, [hash beside the way to the root, ...], signed root]
    signed root      COSE_Sign1 of ["konbini/1 batch", size, root] in the batch's `Context`

The payloads are the leaves of a Merkle tree (`konbini.protocol.merkle`); its root is signed once. A single payload is a
batch of one: there is no other form. Invariants: a payload verifies at its own place of its own tree only, and one
payload of one batch has one encoding; what a payload is about must stand in the payload, since the signature says no
more of it than that it was in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from konbini.protocol.codec import encode_checked
from konbini.protocol.cose import Context, SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import PROTOCOL
from konbini.protocol.merkle import MerkleTree, leaf_hash, root_by_path
from konbini.protocol.shape import Digest, UpTo, from_bytes, to_bytes

__all__ = ["MOST_IN_A_BATCH", "MOST_PROOF_BYTES", "BatchOpener", "sign_batch", "unchecked_member"]

MOST_IN_A_BATCH = 256
MOST_PROOF_BYTES = 512
"""What the place in the batch and the signed root add to a payload, at most."""

_DOMAIN = f"{PROTOCOL} batch"
_MOST_ROOT_BYTES = 192
_Count = Annotated[int, UpTo(MOST_IN_A_BATCH)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Root:
    """What is signed."""

    domain: Annotated[str, UpTo(len(_DOMAIN))]
    size: _Count
    root: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A payload with its way to the signed root."""

    payload: bytes
    index: _Count
    path: tuple[Digest, ...]
    signed_root: Annotated[bytes, UpTo(_MOST_ROOT_BYTES)]


def sign_batch(payloads: Sequence[bytes], key: SigningKey, context: Context) -> tuple[bytes, ...]:
    """Sign payloads together and give each with its proof, in their order.

    Raises:
        ValueError: none, or more than `MOST_IN_A_BATCH`.
    """
    if len(payloads) > MOST_IN_A_BATCH:
        raise ValueError(f"a batch of {len(payloads)}")
    tree = MerkleTree(payloads)
    signed_root = key.sign(to_bytes(_Root(domain=_DOMAIN, size=tree.size, root=tree.root)), context)
    # The array of a `_Member`, whose bounds hold by how it is made.
    return tuple(
        encode_checked([payload, index, tree.path(index), signed_root]) for index, payload in enumerate(payloads)
    )


class BatchOpener:
    """Opens signed payloads of one context; of a run of them from one batch it checks the signature once.

    It remembers the signed root that it verified last, and nothing else.
    """

    def __init__(self, key: VerifyingKey, context: Context) -> None:
        self._key = key
        self._context = context
        self._verified: tuple[bytes, _Root] | None = None

    def open(self, data: bytes) -> bytes:
        """Check the way to the root and the root's signature, and give the payload.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`, `SIGNATURE_INVALID`.
        """
        member = from_bytes(_Member, data)
        root = self._root(member.signed_root)
        if root_by_path(leaf_hash(member.payload), member.index, root.size, member.path) != root.root:
            raise Refused(Code.SIGNATURE_INVALID, f"{self._context.kind.name}: not of the batch that was signed")
        return member.payload

    def _root(self, signed: bytes) -> _Root:
        verified = self._verified
        if verified is not None and verified[0] == signed:
            return verified[1]
        root = from_bytes(_Root, self._key.open(signed, self._context))
        if root.domain != _DOMAIN:
            raise Refused(Code.SIGNATURE_INVALID, f"{self._context.kind.name}: no batch")
        self._verified = (signed, root)
        return root


def unchecked_member(data: bytes) -> bytes:
    """Read a signed payload's payload without checking anything of its signature.

    For whoever shows what a socket of the same machine gave.

    Raises:
        Refused: `MALFORMED`, `OVERSIZE`.
    """
    return from_bytes(_Member, data).payload

"""Signing papers: a key wherever it is kept, a CMS from pyHanko's mould, and the update that carries it.

Only the ward's clerk imports this room. Nothing is signed here that the clerk has not read, and whatever stands in the
way of a signature is a refusal of `konbini.protocol.errors.Code`, with no bytes given.
"""

from konbini.pdf.signing.key_file import KeyFileSigner
from konbini.pdf.signing.pades import PadesSigner
from konbini.pdf.signing.port import Signer
from konbini.pdf.signing.revocation import RevocationSources
from konbini.pdf.signing.token_key import Token, TokenAccess, TokenSigner

__all__ = [
    "KeyFileSigner",
    "PadesSigner",
    "RevocationSources",
    "Signer",
    "Token",
    "TokenAccess",
    "TokenSigner",
]

"""Words that the verifier shows beside what a seal says: kinds, scopes and marks, in two languages."""

from __future__ import annotations

from typing import Final

from konbini.pdf.facts import Mark
from konbini.pdf.paper_seal.items import Label
from konbini.pdf.paper_seal.values import Withheld
from konbini.protocol.kinds import CertificateKind, Scope

__all__ = ["IMAGE", "KINDS", "MARKS", "SCOPES"]

KINDS: Final = {
    CertificateKind.RESIDENT_RECORD: Label("住民票の写し", "Copy of the resident record"),
    CertificateKind.RESIDENT_RECORD_ITEMS: Label("住民票記載事項証明書", "Certificate of items in the resident record"),
    CertificateKind.SEAL_REGISTRATION: Label("印鑑登録証明書", "Seal registration certificate"),
}
SCOPES: Final = {
    Scope.SELF: Label("本人", "The holder alone"),
    Scope.PART: Label("世帯の一部", "Some members of the household"),
    Scope.WHOLE: Label("世帯全員", "The whole household"),
}
MARKS: Final = {
    Mark.OMITTED: Label("省略", "omitted"),
    Mark.UNUSED: Label("該当なし（＊＊＊）", "none"),
    Mark.BLANK: Label("空欄", "left blank"),
    Withheld.PRINTED: Label("紙に印刷されている", "printed on the paper"),
}
IMAGE: Final = Label("印影あり", "seal imprint")

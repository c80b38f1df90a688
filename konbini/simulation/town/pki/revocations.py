"""Which card certificates are good, revoked or held, and the OCSP answers and lists that say so (RFC 6960, RFC 5280).

A serial that was never issued is `unknown` to the responder, not good. Time is the caller's: an answer or a list says
that it was made at the moment that it is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum

from asn1crypto import algos, core, crl, keys, ocsp, x509
from certomancer.services import CRLBuilder, RevocationInfoInterface, SimpleOCSPResponder
from cryptography.hazmat.primitives import serialization

from konbini.simulation.town.pki.authority import Authority, Credential

__all__ = ["AnswerMaker", "ListMaker", "Reason", "Revocations"]

_VALIDITY = dt.timedelta(minutes=10)
_LIST_VALIDITY = dt.timedelta(days=1)
_LIST_SIGNATURE = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
_SIGNATURE = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})


class Reason(Enum):
    """Why a certificate is not good; the values are RFC 5280's (5.3.1)."""

    REVOKED = "unspecified"
    HELD = "certificate_hold"
    """一時停止: a lost card may be found again."""


def _same(nonce: bytes | None) -> bytes | None:
    return nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    since: dt.datetime
    reason: Reason


class Revocations(RevocationInfoInterface):
    """The status of every serial.

    Args:
        issuer: the card authority.
        issued: the serials that it has issued or will issue.
    """

    def __init__(self, issuer: Authority, issued: Collection[int]) -> None:
        self._issuer = x509.Certificate.load(issuer.certificate_der())
        self._issued = frozenset(issued)
        self._entries: dict[int, _Entry] = {}

    def revoke(self, serial: int, since: int, reason: Reason = Reason.REVOKED) -> None:
        """Revoke or hold a certificate.

        Args:
            serial: its number.
            since: Unix seconds.
            reason: see `Reason`.

        Raises:
            KeyError: no such serial was issued.
        """
        if serial not in self._issued:
            raise KeyError(serial)
        self._entries[serial] = _Entry(since=dt.datetime.fromtimestamp(since, dt.UTC), reason=reason)

    def reinstate(self, serial: int) -> None:
        """End a hold; a revocation is for ever.

        Raises:
            ValueError: the certificate is not held.
        """
        entry = self._entries.get(serial)
        if entry is None or entry.reason is not Reason.HELD:
            raise ValueError("the certificate is not held")
        del self._entries[serial]

    def revoked_at(self, moment: dt.datetime) -> dict[int, tuple[dt.datetime, Reason]]:
        """Give the serials that are revoked or held at a moment, since when and why."""
        return {serial: (entry.since, entry.reason) for serial, entry in self._entries.items() if entry.since <= moment}

    def get_issuer_cert(self) -> x509.Certificate:
        """See certomancer: whose certificates these are."""
        return self._issuer

    def check_revocation_status(
        self, cid: ocsp.CertId, at_time: dt.datetime
    ) -> tuple[ocsp.CertStatus, list[ocsp.SingleResponseExtension]]:
        """See certomancer: the status of one certificate."""
        serial = cid["serial_number"].native
        entry = self._entries.get(serial)
        if serial not in self._issued:
            return ocsp.CertStatus("unknown", core.Null()), []
        if entry is None or entry.since > at_time:
            return ocsp.CertStatus("good", core.Null()), []
        revoked = ocsp.RevokedInfo({"revocation_time": entry.since, "revocation_reason": entry.reason.value})
        return ocsp.CertStatus("revoked", revoked), []


class AnswerMaker:
    """Makes answers with the responder's key."""

    def __init__(self, responder: Credential, revocations: Revocations) -> None:
        key = responder.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._certificate = x509.Certificate.load(responder.certificate_der())
        self._key = keys.PrivateKeyInfo.load(key)
        self._revocations = revocations

    def answer(self, request: bytes, moment: int, nonce: Callable[[bytes | None], bytes | None] = _same) -> bytes:
        """Answer one request, both DER.

        Args:
            request: as received; what is no request is answered as malformed.
            moment: Unix seconds, when the answer says that it was produced.
            nonce: makes the answer's nonce from the request's.
        """
        maker = _Maker(
            responder_cert=self._certificate,
            responder_key=self._key,
            signature_algo=_SIGNATURE,
            at_time=dt.datetime.fromtimestamp(moment, dt.UTC),
            revinfo_interface=self._revocations,
            validity=_VALIDITY,
        )
        maker.change_nonce = nonce
        try:
            answer: bytes = maker.build_ocsp_response(ocsp.OCSPRequest.load(request, strict=True)).dump()
        except (ValueError, TypeError, KeyError):
            return self.error("malformed_request")
        return answer

    @staticmethod
    def spoilt(answer: bytes) -> bytes:
        """Give a successful answer with its signature wrong in one byte."""
        whole = ocsp.OCSPResponse.load(answer)
        basic = whole["response_bytes"]["response"].parsed
        signature = bytearray(basic["signature"].native)
        signature[-1] ^= 1
        basic["signature"] = bytes(signature)
        whole["response_bytes"]["response"] = core.ParsableOctetString(basic.dump())
        spoilt: bytes = whole.dump()
        return spoilt

    @staticmethod
    def error(status: str) -> bytes:
        """Give an answer without content: "try_later", "internal_error", "malformed_request"."""
        answer: bytes = ocsp.OCSPResponse({"response_status": status}).dump()
        return answer


class ListMaker:
    """Makes revocation lists with the authority's own key; the number of a list is the moment that it was made at."""

    def __init__(self, authority: Authority, revocations: Revocations, point: str) -> None:
        certificate = x509.Certificate.load(authority.certificate_der())
        key = authority.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._builder = CRLBuilder(
            issuer_name=certificate.subject,
            issuer_key=keys.PrivateKeyInfo.load(key),
            signature_algo=_LIST_SIGNATURE,
            authority_key_identifier=core.OctetString(authority.key_id),
        )
        self._revocations = revocations
        self._point = point

    def make(self, moment: int, **scope: object) -> bytes:
        """Make the list of a moment (Unix seconds).

        Args:
            moment: when it says that it was made; what was revoked later is not on it.
            scope: fields of the issuing distribution point, in the place of its name.
        """
        made = dt.datetime.fromtimestamp(moment, dt.UTC)
        entries = [
            CRLBuilder.format_revoked_cert(serial, crl.CRLReason(reason.value), since)
            for serial, (since, reason) in sorted(self._revocations.revoked_at(made).items())
        ]
        point = x509.GeneralName({"uniform_resource_identifier": self._point})
        named = {"distribution_point": x509.DistributionPointName("full_name", [point])}
        found: bytes = self._builder.build_crl(
            moment, made, made + _LIST_VALIDITY, entries, distpoint=scope or named
        ).dump()
        return found


class _Maker(SimpleOCSPResponder):
    """certomancer's responder, but for the nonce."""

    change_nonce: Callable[[bytes | None], bytes | None] = staticmethod(_same)

    def assemble_simple_ocsp_responses(
        self, responses: list[ocsp.SingleResponse], nonce: bytes | None = None
    ) -> ocsp.OCSPResponse:
        return super().assemble_simple_ocsp_responses(responses, nonce=self.change_nonce(nonce))

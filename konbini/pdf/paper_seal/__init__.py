"""The paper seal: what a QR code on each page says of that page, signed, so that a phone can check it offline.

Formats alone, written down in docs/paper-seal.md: printed items, a page's payload and its signature, the signed lists
of issuers' keys and of statuses, and the QR code itself. Pure: bytes and facts in, bytes and facts out.
"""

"""The issuance center (証明書交付センター): forwards what it cannot read and can hold no document."""

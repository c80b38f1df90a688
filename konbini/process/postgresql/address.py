"""Where a schema is: a URI as libpq takes it, the schema's name, and the file that holds the password.

    postgresql:///konbini?host=/run/postgresql&user=konbini-issuing&schema=issuing
    postgresql://konbini-issuing@db1,db2/konbini?schema=issuing&sslmode=verify-full&sslrootcert=/etc/konbini/db-ca.pem

Invariants: no password stands in an address, which is read from a configuration and may be seen in a command line; over
a network the server proves itself by its certificate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

__all__ = ["PostgresAddress"]

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}", re.ASCII)
_ELSEWHERE = frozenset({"password", "passfile", "service", "servicefile", "hostaddr", "search_path"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresAddress:
    """Where a schema is. `dsn`: the address without the schema, for the library."""

    dsn: str = field(repr=False)
    schema: str
    password: Path | None

    @classmethod
    def parse(cls, text: str, password: Path | None = None) -> Self:
        """Take an address apart.

        Raises:
            ValueError: it cannot be used; the text is not repeated.
        """
        parts = urlsplit(text)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        schema = options.pop("schema", "konbini")
        if parts.scheme != "postgresql" or parts.path in ("", "/"):
            raise ValueError("an address is postgresql://…/DATABASE")
        if not _ELSEWHERE.isdisjoint(options):
            raise ValueError(f"an address has none of {', '.join(sorted(_ELSEWHERE))}")
        if ":" in parts.netloc.rpartition("@")[0]:
            raise ValueError("a password stands in a file of its own, never in the address")
        if _SCHEMA.fullmatch(schema) is None:
            raise ValueError("a schema's name is of small letters, digits and underscores")
        if not _near(parts.netloc, options) and options.get("sslmode") != "verify-full":
            raise ValueError("over a network sslmode=verify-full is needed")
        dsn = parts._replace(query=urlencode(options)).geturl()
        return cls(dsn=dsn if "//" in dsn else dsn.replace(":", "://", 1), schema=schema, password=password)


def _near(netloc: str, options: dict[str, str]) -> bool:
    """Say whether every host is this machine: a socket's folder, or its loopback."""
    hosts = netloc.rpartition("@")[2].split(",") + options.get("host", "").split(",")
    return all(not host or host.startswith("/") or re.sub(r":[0-9]+$", "", host) in _LOOPBACK for host in hosts)

"""Brings a PostgreSQL schema to this build's; servers that start together do it one after the other."""

from __future__ import annotations

from konbini.process.postgresql.dialect import migration_statements
from konbini.process.postgresql.primary import Primary
from konbini.process.postgresql.session import Session
from konbini.process.schema import LEDGER, Migration, not_applied

__all__ = ["migrate"]


def migrate(primary: Primary, migrations: tuple[Migration, ...]) -> None:
    """Bring the schema to the last of `migrations`, each in a transaction of its own; make the schema if there is none.

    Raises:
        SchemaRefused: see `not_applied` and `migration_statements`.
        NotOpened, StatementFault, TransactionLost: the server cannot be reached, or a migration does not run; those
            before it stay applied.
    """
    session = primary.session()
    try:
        while _step(session, primary, migrations):
            pass
    finally:
        session.close()


def _step(session: Session, primary: Primary, migrations: tuple[Migration, ...]) -> bool:
    """Apply the next migration; say whether there was one."""
    session.run(f"BEGIN; SELECT pg_advisory_xact_lock({primary.lock})")
    try:
        left = _left(session, primary.address.schema, migrations)
        if left:
            _apply(session, left[0])
        session.run("COMMIT")
    except BaseException:
        if session.alive:
            session.run("ROLLBACK")
        raise
    return bool(left)


def _left(session: Session, schema: str, migrations: tuple[Migration, ...]) -> tuple[Migration, ...]:
    ((there,),) = session.fetch("SELECT to_regnamespace($1) IS NOT NULL", (schema,))[0]
    if not there:
        session.run(f"CREATE SCHEMA {schema}")
    for statement in migration_statements(Migration(number=0, statements=LEDGER)):
        session.run(statement)
    rows, _tag = session.fetch("SELECT number, digest FROM applied_migration ORDER BY number", ())
    return not_applied(migrations, [(number, digest) for number, digest in rows])


def _apply(session: Session, migration: Migration) -> None:
    for statement in migration_statements(migration):
        session.run(statement)
    session.fetch("INSERT INTO applied_migration VALUES ($1, $2)", (migration.number, migration.digest))

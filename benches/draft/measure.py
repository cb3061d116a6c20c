"""Measures how long ambix and Alembic take to compare a database with what it should be, and prints the medians.

    measure.py PROGRAM TABLES ROUNDS CHECK

PROGRAM is benches/peers/src/bin/draft.rs. The database is made on the server of AMBIX_TEST_POSTGRES_URL and dropped again.
"""

import os
import statistics
import subprocess
import sys
import time

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext


def metadata(count: int) -> sa.MetaData:
    """Tables of ten columns, with keys, references, indexes, checks and defaults."""
    made = sa.MetaData()
    for number in range(count):
        sa.Table(
            f"t{number:04}",
            made,
            sa.Column("id", sa.BigInteger, primary_key=True),
            sa.Column("name", sa.String(100), nullable=False, index=True),
            sa.Column("email", sa.String(255), unique=True),
            sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text("0")),
            sa.Column("status", sa.String(20), server_default="new"),
            sa.Column("body", sa.Text),
            sa.Column("is_active", sa.Boolean, server_default=sa.text("true"), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
            sa.Column("parent_id", sa.BigInteger, sa.ForeignKey(f"t{max(number - 1, 0):04}.id"), index=True),
            sa.Column("score", sa.Float),
            sa.CheckConstraint("amount >= 0", name=f"t{number:04}_amount"),
        )
    return made


def objects(count: int) -> list[str]:
    """Views and functions, each of which reads a table or calls another one."""
    made = []
    for number in range(count):
        made.append(
            f"CREATE FUNCTION f{number:04}(given numeric) RETURNS numeric LANGUAGE sql STABLE AS "
            f"$$ SELECT given + coalesce(max(score), 0)::numeric FROM t{number:04} $$"
        )
        made.append(f"CREATE VIEW v{number:04} AS SELECT id, name, f{number:04}(amount) AS total FROM t{number:04} WHERE is_active")
    return made


def alembic_round(engine: sa.Engine, wanted: sa.MetaData) -> float:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        start = time.perf_counter()
        found = compare_metadata(context, wanted)
        took = (time.perf_counter() - start) * 1000
    if found:
        sys.exit(f"alembic found {len(found)} differences: {found[:2]}")
    return took


def ambix_round(program: str, url: str) -> dict[str, float]:
    done = subprocess.run([program, url], check=True, stdout=subprocess.PIPE, text=True)
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def measure(program: str, server: str, count: int, rounds: int, beside: int = 0) -> tuple[dict[str, float], float]:
    """The medians of ambix and of Alembic, which does not look at the views and functions `beside` the tables."""
    name = f"ambix_bench_{os.getpid()}_{count}"
    base = server.rsplit("/", 1)[0]
    admin = sa.create_engine(server.replace("postgres://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = f"{base}/{name}"
    engine = sa.create_engine(url.replace("postgres://", "postgresql+psycopg://"))
    try:
        wanted = metadata(count)
        wanted.create_all(engine)
        with engine.begin() as connection:
            for statement in objects(beside):
                connection.execute(sa.text(statement))
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(ambix_round(program, url))
            theirs.append(alembic_round(engine, wanted))
        median = {key: statistics.median(each[key] for each in ours) for key in ours[0]}
        return median, statistics.median(theirs)
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def main() -> None:
    program, count, rounds, check = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    server = os.environ["AMBIX_TEST_POSTGRES_URL"]
    print(f"medians of {rounds} rounds in turns, in ms; load {os.getloadavg()[0]:.1f}")
    print("| tables | inspect | difference | check, with the scratch place | Alembic's compare_metadata | ratio |")
    print("|---|---|---|---|---|---|")
    failed = False
    times = {}
    for tables in sorted({max(count // 10, 1), count, count * 2}):
        ours, theirs = measure(program, server, tables, rounds if tables <= count else 1)
        both = ours["inspect"] + ours["difference"]
        times[tables] = both
        print(
            f"| {tables} | {ours['inspect']:.0f} | {ours['difference']:.0f} | {ours['check']:.0f} | {theirs:.0f} | {both / theirs:.3f} |",
            flush=True,
        )
        if tables == count:
            failed |= both >= 2000 or both * 10 > theirs
    beside = max(count // 5, 1)
    ours, _ = measure(program, server, count, rounds, beside)
    both = ours["inspect"] + ours["difference"]
    print(f"{count} tables with {beside} views and {beside} functions: {ours['inspect']:.0f} ms and {ours['difference']:.0f} ms")
    failed |= both > 3000
    growth = times[count * 2] / times[count]
    print(f"twice as many tables take {growth:.1f} times as long")
    failed |= growth > 3
    sys.exit(1 if failed and check == "check" else 0)


main()

"""Measures commands of Alembic and of ambix from the start of the process to its end, in turns, and prints the medians.

    measure.py FOLDER AMBIX ROUNDS CHECK

FOLDER is what generate.py wrote, AMBIX the program. Where AMBIX_TEST_POSTGRES_URL is set, everything is done on PostgreSQL, too.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

GOAL = 0.10

# Alembic has no status; its `current` is the nearest.
COMMANDS = [
    ("history", ["history"], ["history"]),
    ("heads", ["heads"], ["heads"]),
    ("status", ["current"], ["status"]),
    ("upgrade head, nothing to do", ["upgrade", "head"], ["upgrade", "head"]),
]


class Contender:
    def __init__(self, name: str, command: list[str], variable: str, url: str) -> None:
        self.name, self.command = name, command
        self.environment = {**os.environ, variable: url}

    def run(self, arguments: list[str]) -> tuple[float, str]:
        """The milliseconds that a command takes, and what it prints."""
        start = time.perf_counter()
        done = subprocess.run(
            self.command + arguments,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        took = (time.perf_counter() - start) * 1000
        if done.returncode != 0:
            sys.exit(f"{self.name} {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return took, done.stdout


def contenders(folder: pathlib.Path, ambix: str, alembic_url: str, ambix_url: str) -> list[Contender]:
    alembic = [sys.executable, "-m", "alembic", "-c", str(folder / "alembic" / "alembic.ini")]
    return [
        Contender("alembic", alembic, "ALEMBIC_URL", alembic_url),
        Contender("ambix", [ambix, "--dir", str(folder / "ambix")], "DATABASE_URL", ambix_url),
    ]


def revisions(folder: pathlib.Path) -> list[str]:
    """All revisions, oldest first."""
    return [path.name.split("_")[2] for path in sorted((folder / "ambix").glob("*.up.sql"))]


def measure(where: str, pair: list[Contender], rounds: int, all_revisions: list[str]) -> bool:
    first = [contender.run(["upgrade", "head"])[0] for contender in pair]
    print(f"\n{where}: all {len(all_revisions)} applied in {first[0]:.0f} ms by alembic, {first[1]:.0f} ms by ambix")
    print(f"{'':30}{'alembic':>12}{'ambix':>12}{'ratio':>9}")
    met = True
    for name, *arguments in COMMANDS:
        times: list[list[float]] = [[], []]
        for turn in range(rounds):
            # Who begins alternates as well.
            for at in (0, 1) if turn % 2 == 0 else (1, 0):
                took, printed = pair[at].run(arguments[at])
                times[at].append(took)
                check(pair[at].name, name, printed, all_revisions)
        alembic, ambix = (statistics.median(all_times) for all_times in times)
        ratio = ambix / alembic
        met &= ratio < GOAL
        print(f"{name:30}{alembic:9.1f} ms{ambix:9.1f} ms{ratio:9.3f}{'' if ratio < GOAL else '  too much'}")
    return met


def check(who: str, command: str, printed: str, all_revisions: list[str]) -> None:
    """A fast command that prints the wrong thing is no use."""
    expected = {"history": all_revisions, "heads": all_revisions[-1:], "status": all_revisions[-1:]}
    missing = [revision for revision in expected.get(command, []) if revision not in printed]
    if missing:
        sys.exit(f"{who} {command} does not print {len(missing)} revisions, {missing[0]} for one:\n{printed[:2000]}")


def sqlite(folder: pathlib.Path, ambix: str) -> list[Contender]:
    files = [folder / "alembic.db", folder / "ambix.db"]
    for file in files:
        for path in folder.glob(file.name + "*"):
            path.unlink()
        file.touch()
    return contenders(folder, ambix, f"sqlite:///{files[0]}", f"sqlite://{files[1]}")


def postgres(folder: pathlib.Path, ambix: str, url: str, rounds: int) -> bool:
    import psycopg

    names = [f"bench_{os.getpid()}_alembic", f"bench_{os.getpid()}_ambix"]
    server = url.rsplit("/", 1)[0]
    with psycopg.connect(url, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name}")
        try:
            alembic_url = server.replace("postgres://", "postgresql+psycopg://", 1) + "/" + names[0]
            pair = contenders(folder, ambix, alembic_url, f"{server}/{names[1]}")
            return measure("PostgreSQL", pair, rounds, revisions(folder))
        finally:
            for name in names:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def main() -> None:
    folder, ambix, rounds = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3])
    met = measure("SQLite", sqlite(folder, ambix), rounds, revisions(folder))
    url = os.environ.get("AMBIX_TEST_POSTGRES_URL")
    if url:
        met &= postgres(folder, ambix, url, rounds)
    else:
        print("\nPostgreSQL: not measured, AMBIX_TEST_POSTGRES_URL is not set")
    if sys.argv[4] == "check":
        print(f"\n{'PASS' if met else 'FAIL'}  each in less than {GOAL:.2f} of Alembic's time")
        sys.exit(0 if met else 1)


main()

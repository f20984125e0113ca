"""What a command costs before and after its work: fresh processes side by side, in turn.

`python -m benchmarks.startup [ROUNDS]` prints the table.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 21
FLAG = "WHATSAPP_ROUTING_ENABLED"
_NOTHING, _HELP, _RUN = "python -c pass", "bare app --help", "bare app, a command"
_FILE = "import typer, sqlalchemy; select 1"

_BARE_APP = """
import typer
app = typer.Typer()
@app.command()
def greet(name: str, times: int = 1) -> None:
    "Say hello."
    print("hello", name, times)
@app.command()
def leave(name: str, loud: bool = False) -> None:
    "Say goodbye."
    print("bye", name, loud)
app()
"""
_OPENED_FILE = """
import sys
import typer, sqlalchemy
engine = sqlalchemy.create_engine("sqlite:///" + sys.argv[1])
with engine.connect() as connection:
    connection.exec_driver_sql("select 1").scalar()
"""
_ROLLOUT = "from rollout_cli.cli.main import main; main()"


@dataclass(frozen=True)
class Row:
    """One command.

    Attributes:
        seconds: the median of its whole process, from start to end.
        ratio: to its reference, the median of the rounds' own ratios; a slow minute of the machine is in both parts.
    """

    name: str
    seconds: float
    reference: str
    ratio: float


def startup(rounds: int = ROUNDS) -> list[Row]:
    """Run every command once a round, in turn, each as a fresh process."""
    with _project() as folder:
        commands = _commands(folder)
        for arguments, _ in commands.values():  # writes the bytecode, fills the disk's cache
            _seconds(arguments, folder)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds):
            names = list(commands)[number % len(commands) :] + list(commands)[: number % len(commands)]
            for name in names:
                taken[name].append(_seconds(commands[name][0], folder))
    return [
        Row(name, median(taken[name]), reference, _paired_ratio(taken[name], taken[reference]))
        for name, (_, reference) in commands.items()
    ]


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| Whole process | median | ratio | to |", "|---|---:|---:|---|"]
    lines += [f"| {row.name} | {row.seconds * 1000:.0f} ms | {row.ratio:.2f} | {row.reference} |" for row in rows]
    return "\n".join(lines)


def _commands(folder: Path) -> Mapping[str, tuple[list[str], str]]:
    """For each name what is run, and what it is compared with."""
    file = folder / ".rollout" / "rollout.db"
    return {
        _NOTHING: (["pass"], _NOTHING),
        _HELP: ([_BARE_APP, "--help"], _NOTHING),
        _RUN: ([_BARE_APP, "greet", "you"], _NOTHING),
        _FILE: ([_OPENED_FILE, str(file)], _NOTHING),
        "rollout --version": ([_ROLLOUT, "--version"], _HELP),
        "rollout --help": ([_ROLLOUT, "--help"], _HELP),
        "rollout status": ([_ROLLOUT, "status"], _FILE),
        "rollout evaluate": ([_ROLLOUT, "evaluate", FLAG, "--shopper", "shopper_7"], _FILE),
    }


@contextmanager
def _project() -> Iterator[Path]:
    """The plan that `rollout init` writes, at its first phase, with a store in a SQLite file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([_ROLLOUT, "init"], folder)
        advance = [_ROLLOUT, "advance", "--force", "--reason", "to be measured"]
        _run(advance, folder)
        yield folder


def _seconds(arguments: list[str], folder: Path) -> float:
    begun = perf_counter()
    _run(arguments, folder)
    return perf_counter() - begun


def _run(arguments: list[str], folder: Path) -> None:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("ROLLOUT_")}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, whatever was edited would be compiled every time
    subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-c", *arguments], cwd=folder, env=surroundings, capture_output=True, check=True
    )


def _paired_ratio(values: list[float], references: list[float]) -> float:
    return median(value / reference for value, reference in zip(values, references, strict=True))


if __name__ == "__main__":
    print(table(startup(int(sys.argv[1]) if sys.argv[1:] else ROUNDS)))  # noqa: T201

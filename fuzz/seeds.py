"""Bodies to begin with: the project's own cases, and those of the folder that ROLLOUT_CORPUS names, where it does."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

from fuzz.delivered import Delivered

CASES = Path(__file__).resolve().parent.parent / "tests" / "whatsapp" / "cases"


def seeds() -> list[Delivered]:
    """Every body to begin with, in a fixed order."""
    return [*own(), *recorded(os.environ.get("ROLLOUT_CORPUS", ""))]


def own() -> Iterator[Delivered]:
    """The bodies of the test cases."""
    for file in sorted(CASES.glob("*/*.json")):
        told = json.loads(file.read_text())
        body = json.dumps(told["body"], ensure_ascii=False).encode()
        yield Delivered(file.parent.name, body, told.get("event"))


def recorded(folder: str) -> Iterator[Delivered]:
    """The bodies of a folder with an INDEX.tsv of the columns file, provider and event."""
    if not folder:
        return
    with (Path(folder) / "INDEX.tsv").open(newline="") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            yield Delivered(row["provider"], (Path(folder) / row["file"]).read_bytes(), row["event"] or None)

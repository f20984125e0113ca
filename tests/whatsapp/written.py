"""The project's own bodies: one file a row of the table, with what becomes of it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    """One body.

    Attributes:
        rows: the rows of the table that it shows, each as the row names itself.
        event: the event's name, where it stands beside the body.
        body: the JSON value that is sent.
        events: for each canonical event in order, the JSON form's fields that are looked at, by dotted path
            (`message.text`, `trace.idempotency_key`).
    """

    name: str
    provider: str
    rows: tuple[str, ...]
    event: str | None
    body: Any
    events: tuple[dict[str, Any], ...]

    @property
    def data(self) -> bytes:
        return json.dumps(self.body, ensure_ascii=False).encode()


@cache
def cases(provider: str | None = None) -> tuple[Case, ...]:
    """Every case, or those of one provider."""
    files = sorted(FOLDER.glob(f"{provider or '*'}/*.json"))
    return tuple(_read(file) for file in files)


def _read(file: Path) -> Case:
    told = json.loads(file.read_text())
    return Case(
        name=f"{file.parent.name}/{file.stem}",
        provider=file.parent.name,
        rows=tuple(told["rows"]),
        event=told.get("event"),
        body=told["body"],
        events=tuple(told["events"]),
    )


def looked_up(form: Any, path: str) -> Any:
    """What stands at a dotted path of a JSON form."""
    for name in path.split("."):
        form = form[int(name)] if isinstance(form, list) else None if form is None else form[name]
    return form

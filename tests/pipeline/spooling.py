"""Spools for tests, and what is in their folders."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollout_cli.pipeline.delivery import Candidate, Delivery
from rollout_cli.pipeline.spool import Spool
from tests.pipeline.compat_doubles import Counted


def delivery(body: bytes, shopper: str | None = None) -> Delivery:
    return Delivery("evolution", body, datetime(2026, 1, 1, tzinfo=UTC), shopper_id=shopper)


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


@contextmanager
def spool_in(folder: Path, candidate: Candidate, **options: Any) -> Iterator[tuple[Spool, Counted]]:
    metrics = Counted()
    spool = Spool(folder, candidate, metrics=metrics, **({"longest_pause": 0.05} | options))
    try:
        yield spool, metrics
    finally:
        spool.close(0.2)


def names_in(folder: Path, ending: str = "") -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.name.endswith(ending))

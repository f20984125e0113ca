"""How SQLite looks for rows: by the index that was made for the question, so that a full log makes nobody wait."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from rollout_cli.pipeline.event_store import Publication
from tests.support.event_stores import new_events_file

_PEOPLE = [("t", str(each)) for each in range(9)]
ASKED: dict[str, tuple[Callable[[Publication], object], str]] = {
    "events without a thread": (lambda log: log.orphans(set(_PEOPLE)), "whatsapp_events_orphans_idx"),
    "whether there are any": (lambda log: log.has_orphans(), "whatsapp_events_orphans_idx"),
    "people by their ids": (lambda log: log.contacts(_PEOPLE), "sqlite_autoindex_whatsapp_aliases_1"),
    "threads of messages": (lambda log: log.threads_of_messages(_PEOPLE), "whatsapp_events_message_idx"),
}


@pytest.mark.parametrize("question", ASKED)
def test_what_a_publication_asks_is_found_by_the_index_made_for_it(tmp_path: Path, question: str) -> None:
    store = new_events_file(tmp_path)
    ask, index = ASKED[question]
    asked: list[tuple[str, Any]] = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, sql, told, *_: asked.append((sql, told)))
    with store.publication() as publication:
        asked.clear()
        ask(publication)
        ((sql, told),) = asked
    with store._engine.connect() as connection:
        plan = [each[3] for each in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", told)]
    assert [each for each in plan if index in each], plan
    if question != "whether there are any":
        assert not [each for each in plan if each.startswith("SCAN")], plan

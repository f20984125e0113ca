"""How SQLite looks for rows: by the index that was made for the question, so that a full log makes nobody wait."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.support.event_stores import new_events_file

ASKED = {
    "events about these messages that have no thread": lambda log: log.orphans({("s", str(each)) for each in range(9)}),
    "whether there is any such event": lambda log: log.has_orphans(),
}


@pytest.mark.parametrize("question", ASKED)
def test_what_has_no_thread_is_found_by_its_own_index(tmp_path: Path, question: str) -> None:
    store = new_events_file(tmp_path)
    asked: list[tuple[str, Any]] = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, sql, told, *_: asked.append((sql, told)))
    with store.publication() as publication:
        asked.clear()
        ASKED[question](publication)
    ((sql, told),) = asked
    with store._engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", told).all()
    assert [each[3] for each in plan if "whatsapp_events_orphans_idx" in each[3]], plan

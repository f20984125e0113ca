"""The live view after a rollback: a row for each post-check, with what it said so far, and the time that is left."""

import time
from collections.abc import Sequence
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from rollout_cli.checks.verdict import Verdict
from rollout_cli.checks.words import Catalog
from rollout_cli.cli.live_view import LiveView
from rollout_cli.cli.output import Output
from rollout_cli.control.recovery import Round
from rollout_cli.plan.duration import duration_text
from rollout_cli.plan.models import CheckEntry
from rollout_cli.render.visible import visible
from rollout_cli.render.words import BAD, GOOD, QUIET, STRONG, WAIT, speak

_MARKS = {Verdict.PASS: ("✓", GOOD), Verdict.FAIL: ("✗", BAD), Verdict.INCONCLUSIVE: ("?", WAIT)}
_ROUNDS_SHOWN = 20


class RecoveryDisplay(LiveView):
    """Is shown the rounds of an observation, and draws them."""

    def __init__(self, out: Output, entries: Sequence[CheckEntry], catalog: Catalog) -> None:
        self._entries = entries
        self._catalog = catalog
        self._rounds: Sequence[Round] = ()
        self._begun = time.monotonic()
        self._seconds = 0.0
        super().__init__(out, times_a_second=2)

    def __call__(self, rounds: Sequence[Round], seconds: float) -> None:
        """Here is what is known by now."""
        self._rounds, self._seconds = list(rounds), seconds

    def drawn(self) -> Table:
        """How it looks at this moment."""
        table = Table.grid(padding=(0, 1))
        left = max(self._seconds - (time.monotonic() - self._begun), 0.0)
        heading = speak("after the rollback", self._catalog)
        table.add_row(Text(heading, style=STRONG), Text(f"-{duration_text(timedelta(seconds=left))}", style=QUIET))
        for index, entry in enumerate(self._entries):
            words = (entry.title_pt if self._catalog else "") or entry.title
            name = Text.assemble(visible(entry.id), ("  " + visible(words), QUIET), overflow="ellipsis", no_wrap=True)
            table.add_row(name, self._marks(index))
        return table

    def _marks(self, index: int) -> Text:
        marks = [_MARKS[each.results[index].verdict] for each in self._rounds[-_ROUNDS_SHOWN:]]
        return Text.assemble(*marks) if marks else Text("…", style=QUIET)

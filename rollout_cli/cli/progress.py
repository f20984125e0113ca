"""What goes on while checks are asked: a line for each that is under way, on a terminal and on standard error only."""

from collections.abc import Sequence

from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from rollout_cli.checks.verdict import CheckResult, Verdict
from rollout_cli.checks.words import Catalog
from rollout_cli.cli.live_view import LiveView
from rollout_cli.cli.output import Output
from rollout_cli.control.inquiry import Asked
from rollout_cli.render.visible import visible
from rollout_cli.render.words import QUIET, VERDICT_STYLES, speak

_MOST_SHOWN = 8


class Progress(LiveView):
    """Watches an inquiry and draws it; gone when the inquiry is over."""

    def __init__(self, out: Output, catalog: Catalog) -> None:
        self._catalog = catalog
        self._all = 0
        self._under_way: dict[str, Spinner] = {}
        self._counts = dict.fromkeys(Verdict, 0)
        super().__init__(out, times_a_second=8)

    def begun(self, asked: Sequence[Asked]) -> None:
        """These checks will be asked."""
        self._all += len(asked)

    def asking(self, asked: Asked) -> None:
        """A check is being asked now."""
        entry = asked.check.entry
        words = (entry.title_pt if self._catalog else "") or entry.title or entry.id
        self._under_way[entry.id] = Spinner("dots", Text.assemble(visible(entry.id), ("  " + visible(words), QUIET)))

    def answered(self, result: CheckResult) -> None:
        """A check has its answer."""
        self._under_way.pop(result.id, None)
        self._counts[result.verdict] += 1

    def drawn(self) -> Table:
        """How it looks at this moment."""
        table = Table.grid()
        done = sum(self._counts.values())
        parts = [
            (f"{count} {speak(verdict.value, self._catalog)}", VERDICT_STYLES[verdict])
            for verdict, count in self._counts.items()
        ]
        pieces: list[str | tuple[str, str]] = [f"{done}/{self._all}  "]
        for text, style in parts:
            pieces += [(text, style), "  "]
        table.add_row(Text.assemble(*pieces))
        shown = list(self._under_way.values())
        for spinner in shown[:_MOST_SHOWN]:
            table.add_row(spinner)
        if len(shown) > _MOST_SHOWN:
            table.add_row(Text(f"+{len(shown) - _MOST_SHOWN}", style=QUIET))
        return table

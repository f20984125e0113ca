"""Something drawn on a terminal while work goes on, on standard error; gone when the work is done."""

import sys
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from rich.console import RenderableType
from rich.live import Live

from rollout_cli.cli.output import Output


class LiveView(ABC):
    """A drawing that is made anew several times a second, from `with` to the end of it."""

    def __init__(self, out: Output, *, times_a_second: int) -> None:
        self._live = Live(
            console=out.console(sys.stderr),
            transient=True,
            refresh_per_second=times_a_second,
            get_renderable=self.drawn,
        )

    @abstractmethod
    def drawn(self) -> RenderableType:
        """How it looks at this moment."""

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""
        self._live.stop()

"""Asking checks for a command: with the project's limits, and on a terminal with a view of what goes on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rollout_cli.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout_cli.checks.verdict import CheckResult
    from rollout_cli.checks.words import Catalog
    from rollout_cli.control.inquiry import Asked, Inquirer, Observer
    from rollout_cli.control.project import Project


@contextmanager
def inquirer(
    session: Session, project: "Project", catalog: "Catalog", *, is_shown: bool = True
) -> "Iterator[Inquirer]":
    """Whoever asks the checks of a project. Every inquiry has the project's whole time."""
    from rollout_cli.control.inquiry import Limits, inquire

    said = project.sources.limits
    limits = Limits(said.check, said.total, said.parallel)
    crews = []

    def ask(asked: "Sequence[Asked]") -> "list[CheckResult]":
        crew = session.workspace.crew(project)
        crews.append(crew)
        with _watched(session, catalog, is_shown=is_shown) as observer:
            return inquire(asked, crew, limits, observer)

    try:
        yield ask
    finally:
        for crew in crews:
            crew.dismiss()


@contextmanager
def _watched(session: Session, catalog: "Catalog", *, is_shown: bool) -> "Iterator[Observer]":
    """Somebody who watches an inquiry: on a terminal a display on standard error, elsewhere nobody."""
    from rollout_cli.control.inquiry import NOBODY

    if not is_shown or session.out.quiet or not sys.stderr.isatty():
        yield NOBODY
        return
    from rollout_cli.cli.progress import Progress

    with Progress(session.out, catalog) as progress:
        yield progress

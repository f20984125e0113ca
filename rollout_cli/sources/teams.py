"""Who can serve conversations, and which channels are one line, as said on the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.lines import Channel
from rollout_cli.pipeline.routing.teams import FixedTeams
from rollout_cli.pipeline.routing.teams_file import teams_from
from rollout_cli.sources.mapping_file import mapping_in


def teams_and_lines(file: Path | None, same_line: Sequence[str] = ()) -> tuple[FixedTeams, Mapping[Channel, Channel]]:
    """Teams and lines of a file, and lines that are said beside it.

    Args:
        file: YAML, with `teams` and `same_line`; None for none.
        same_line: each like `evolution:loja-centro=cloud_api:700100`; these count more than the file's.

    Raises:
        UsageError: the file cannot be read, or something cannot be meant.
        InvalidFilesError: it is no YAML as it is read here.
    """
    written = {} if file is None else mapping_in(file)
    said = dict(map(_line, same_line))
    declared = written.get("same_line", {})
    if said and isinstance(declared, dict):
        written = {**written, "same_line": {**declared, **said}}
    return teams_from(written)


def _line(text: str) -> tuple[str, str]:
    second, separator, first = text.partition("=")
    if not separator:
        raise UsageError(f"--same-line {text!r} is no line", hint="like evolution:loja-centro=cloud_api:700100")
    return second, first

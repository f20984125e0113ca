"""docs/checks.md: every kind of check with its keys, its verdicts and an example, from the models that read them."""

from collections.abc import Mapping

from docs_checks_examples import CHECK_EXAMPLES
from docs_markdown import code, page, sentence, table
from docs_models import Together, keys_table
from pydantic import BaseModel

from rollout_cli.checks.kinds import KINDS
from rollout_cli.checks.migrations_check import IndexEntry
from rollout_cli.plan.models import CheckEntry, Reactions

_INTRO = """\
A check is one question. A phase has checks in four places: `preflight` is asked before it is entered; `gates` and
`alerts` are asked where the rollout stands, before it moves on; `rollback.post_checks` are asked after a rollback, by
`rollout rollback --watch`. `rollout check` asks without changing anything, and exits with 0, 3 or 4
([exit codes](exit-codes.md)); `--lang pt` has it speak Portuguese, also
of refusals and of what is wrong with the store; so it is with `advance` and `rollback`.

An answer is PASS, FAIL or INCONCLUSIVE. Only evidence passes, and only evidence fails. No data, too few, a value
that is no number, several series, a source that is away, slow or lying: all of that is INCONCLUSIVE, and says why.

Every check has these keys, and besides them those of its kind:"""
_ON = """\
Gates and alerts say in `on` what they call for when they do not pass. `hold` keeps the rollout where it is. `rollback`
holds, too, and says that this calls for `rollout rollback`; nobody rolls back by himself. `warn` shows the answer and
takes its say away."""
_SAY = """\
- `optional: true`: the check may stay unanswered. An answer still counts.
- `dry_run: true`: it is asked and shown, and has no say whatever it answers. For a gate on trial.
- `needs: [ID, …]`: it is asked once these checks of the same list have passed. When one has not, it is INCONCLUSIVE.
- `timeout`: for all questions of the check together. The limits of `sources.yaml` hold besides; a run is over when
  `limits.total` is, and what was not asked by then is INCONCLUSIVE.
- `pending: WHAT`: it is declared and not asked yet. It holds until a person's yes stands in for it
  (`rollout attest ID`, good for 30 days and as long as the check says the same)."""
_CAUSES_INTRO = "An INCONCLUSIVE check says why, in JSON as `cause`. For `on`, these causes are an `error`:"
_CAUSES = {
    "`not_set_up`": "a source, its address, a variable or a driver is missing",
    "`forbidden`": "`sources.yaml` does not allow it: an address, a program, a statement that does more than read",
    "`unreachable`": "nobody answers there",
    "`timeout`": "no answer in time",
    "`bad_answer`": "the answer makes no sense, or contradicts itself",
    "`broken`": "asking broke; a program was ended by a signal",
}
_OTHER_CAUSES = {
    "`no_data`, `too_few`": "nothing, or not enough, was counted",
    "`loaded`": "other programs had the processor while it was measured, and that may be why",
    "`not_a_number`, `several_series`": "the query gives NaN or infinity, or more than one series",
    "`stale`": "the newest datum, line or sample is too old",
    "`not_yet`, `no_yes`": "it is not the time; nobody has said yes, or the yes does not count any more",
    "`unknown_flag`": "the store does not know the flag",
    "`pending`, `needs`, `offline`, `later`": "it was not asked",
}
_MEASURED = """\
`ratio`, `quantile`, `value`, `count` and `sql` ask a source of [`sources.yaml`](files.md#sourcesyaml), or the
rollout's own `store`, for numbers. They share these rules:

- A query is PromQL for a `prometheus` source, one reading statement for a `sql` source and the `store`, and for an
  `http` source a path with a JSON Pointer: `/stats#/errors/total`. It has to give one finite number.
- `{window}` in a query stands for how far it looks back, in seconds with a unit: `3600s`. That is `window`; without
  one, the time since the position was entered, at least one minute; and before anything was entered, one hour.
  `{since}` stands for the moment to which it looks back: `2026-12-01T09:00:00.000000Z`, for databases.
- The bound itself passes: `max: 0.1%` passes at exactly 0.1 %. Shares are reckoned exactly, and no number is rounded
  across its bound.
- `value`, `count` and `sql` say their bound in words: `2 000 events, at least 1 wanted`; of `max` and `min`, the one
  that is broken, else the nearer one. `ratio` and `quantile` show the whole sum, with the bound behind `<`, `=` or `>`:
  `3 bad of 12 840 = 0.023 % < 0.1 %`.
- With fewer events than `min_events` nothing is said. The hint says how many more are needed.
- `newest` asks for the time of the newest datum. Older than `stale_after`, or more than 5 minutes ahead of our clock,
  it makes the check INCONCLUSIVE, whatever the other numbers are."""
_LINKS = {Reactions.__name__: "[reactions](#what-it-calls-for)", IndexEntry.__name__: "[an index](#migrations)"}
_PARTS: Mapping[str, tuple[str, type[BaseModel]]] = {"migrations": ("An index:", IndexEntry)}

ONE, ANY = "one", "at least one"
TOGETHER: Mapping[str, Together] = {
    "http": [(ONE, ("url", "source"))],
    "log": [(ONE, ("path", "command")), (ANY, ("contains", "absent"))],
    "ratio": [(ONE, ("bad", "good")), (ANY, ("max", "min"))],
    "quantile": [(ONE, ("within", "value")), (ONE, ("max",))],
    **{kind: [(ANY, ("max", "min"))] for kind in ("value", "count", "sql")},
}
"""For a kind, the keys of which so many have to be said."""
_OF_AN_INDEX: Together = [(ONE, ("name", "unique"))]


def checks_page() -> str:
    """docs/checks.md."""
    parts = [_INTRO, keys_table(CheckEntry, _LINKS), _SAY]
    parts += ["## What it calls for", _ON, keys_table(Reactions, _LINKS)]
    causes = ("Cause", "What it means")
    parts += ["## Why it is inconclusive", _CAUSES_INTRO, table(causes, _CAUSES.items())]
    parts += ["These are not:", table(causes, _OTHER_CAUSES.items()), "## Kinds that measure", _MEASURED]
    for kind, model in KINDS.items():
        verdicts, example = CHECK_EXAMPLES[kind]
        parts += [f"## `{kind}`", sentence(model.__doc__), keys_table(model, _LINKS, TOGETHER.get(kind, ()))]
        if kind in _PARTS:
            words, part = _PARTS[kind]
            parts += [words, keys_table(part, _LINKS, _OF_AN_INDEX)]
        parts += [verdicts, code(example, "yaml")]
    parts += ["## Kinds of your own", "See [plugins](plugins.md)."]
    return page("Checks", *parts)

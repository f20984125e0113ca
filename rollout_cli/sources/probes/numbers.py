"""One number, from wherever the numbers of a source are."""

import time
from collections.abc import Callable
from urllib.parse import unquote, urlencode

from rollout_cli.checks.pointers import checked_pointer
from rollout_cli.checks.questions import NoAnswer, Number, NumberQuestion
from rollout_cli.checks.readings import json_number, prometheus_number
from rollout_cli.checks.sources_file import OWN_STORE
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.http import THE_WORLD, World, fetch, request_below
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.secrets import kept_in, masked_bytes
from rollout_cli.sources.probes.settings import ProbeSettings

Reader = Callable[[int, bytes], Number | NoAnswer]
"""What a status and a body say."""


class NumberProbe:
    """Answers a `NumberQuestion`, each kind of source in its own language."""

    def __init__(self, settings: ProbeSettings, world: World = THE_WORLD) -> None:
        self._settings = settings
        self._world = world

    def __call__(self, question: NumberQuestion, leash: Leash) -> Number | NoAnswer:
        """Ask.

        Raises:
            OutOfTimeError: the leash ended.
        """
        return kept_in(self._answer(question, leash), self._settings.secrets_of(question.source))

    def _answer(self, question: NumberQuestion, leash: Leash) -> Number | NoAnswer:
        if question.source == OWN_STORE:
            return self._sql(question, leash)
        entry = self._settings.source(question.source, "prometheus", "http", "sql")
        if isinstance(entry, NoAnswer):
            return entry
        if entry.kind == "sql":
            return self._sql(question, leash)
        return self._prometheus(question, leash) if entry.kind == "prometheus" else self._json(question, leash)

    def _sql(self, question: NumberQuestion, leash: Leash) -> Number | NoAnswer:
        from rollout_cli.sources.probes.sql import SqlReader  # noqa: PLC0415 - slow to import, and seldom asked

        return SqlReader(self._settings).number(question, leash)

    def _prometheus(self, question: NumberQuestion, leash: Leash) -> Number | NoAnswer:
        said = urlencode({"query": question.query, "timeout": f"{max(leash.left(), 0.1):.3f}"}, errors="replace")
        path, now = f"/api/v1/query?{said}", time.time()
        return self._read(question.source, path, leash, lambda status, body: prometheus_number(status, body, now))

    def _json(self, question: NumberQuestion, leash: Leash) -> Number | NoAnswer:
        path, mark, fragment = question.query.partition("#")
        try:
            pointer = checked_pointer(unquote(fragment, errors="strict"))
        except ValueError:
            mark = ""
        if not mark or not path.startswith("/"):
            message = say("the query is no path with a pointer")
            return NoAnswer(Cause.NOT_SET_UP, message, say("write it like /stats#/errors/total"))
        return self._read(question.source, path, leash, lambda status, body: json_number(status, body, pointer))

    def _read(self, source: str, path: str, leash: Leash, number: Reader) -> Number | NoAnswer:
        """What the answer really says decides; its words are taken from it without what must not be repeated."""
        request = request_below(self._settings, source, path)
        reply = request if isinstance(request, NoAnswer) else fetch(request, leash, self._world)
        if isinstance(reply, NoAnswer):
            return reply
        found = number(reply.status, reply.body)
        if isinstance(found, Number):
            return found
        words = number(reply.status, masked_bytes(reply.body, self._settings.secrets_of(source)))
        return words if isinstance(words, NoAnswer) and words.cause is found.cause else found

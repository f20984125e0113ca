"""What a client knows, best first: what the store said, what was kept on disk, what the environment says."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rollout_cli.client.answers import Answers, Source, Watch, answers_of_environment, answers_of_snapshot
from rollout_cli.client.last_known_good import LastKnownGood, Remembered
from rollout_cli.client.saying import say
from rollout_cli.control.record import Revision
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import Snapshot


class Knowledge:
    """Everything answers can be made of. Of one thread at a time."""

    def __init__(
        self, project: Path, rollout: str | None, environment: Mapping[str, str], kept: LastKnownGood | None
    ) -> None:
        self._project = project
        self._rollout = rollout
        self._environment = dict(environment)
        self._kept = kept
        self._said: Snapshot | None = None
        self._phase = ""
        self._remembered: Remembered | None = None
        self._declared: Snapshot | None = None
        self.problem_of_file: str | None = None

    @property
    def heard_of_store(self) -> bool:
        """Whether the store was read since the start."""
        return self._said is not None

    def learn(self, latest: Revision | None, kills: Kills, watch: Watch | None) -> Answers:
        """Take what the store says. A rollout that has not begun has every flag at its default.

        Returns:
            The answers it makes; what makes none is not taken.
        """
        said = self._blank() if latest is None else latest.draft.evaluated
        phase = _phase_of(latest)
        answers = answers_of_snapshot(said, kills, Source.STORE, watch, phase)
        self._said, self._phase = said, phase
        return answers

    def recall(self) -> float | None:
        """Take what was kept on disk, once.

        Returns:
            How many seconds ago that was known to be current; None when there is nothing, or it is not sound.
        """
        if self._kept is not None and self._remembered is None and self.problem_of_file is None:
            try:
                self._remembered = self._kept.load(self._rollout)
            except ValueError as error:
                self.problem_of_file = str(error)
        return None if self._remembered is None else self._remembered.age_seconds

    def stand_in(self) -> str:
        """Who answers while the store does not, in words."""
        if self._said is not None:
            return "the last known answers stand"
        if self.recall() is not None and self._kept is not None:
            return f"what was kept in {self._kept.path} answers"
        return "the environment answers" + ("" if self.problem_of_file is None else f" ({self.problem_of_file})")

    def answers(self, kills: Kills, watch: Watch | None) -> Answers:
        """The best answers there are."""
        if self._said is not None:
            return answers_of_snapshot(self._said, kills, Source.STORE, watch, self._phase)
        if self._remembered is not None:
            revision = self._remembered.revision
            phase = _phase_of(revision)
            return answers_of_snapshot(revision.draft.evaluated, kills, Source.LAST_KNOWN_GOOD, watch, phase)
        return answers_of_environment(self._blank(), self._environment, kills, watch)

    def _blank(self) -> Snapshot:
        """The flags that the project declares, at their defaults."""
        if self._declared is None:
            self._declared = _declared_in(self._project) or Snapshot(self._rollout or "")
        if self._rollout not in (None, self._declared.rollout):
            return replace(self._declared, rollout=self._rollout or "", definitions={}, states={})
        return self._declared


def _phase_of(latest: Revision | None) -> str:
    position = None if latest is None else latest.draft.position
    return "off" if position is None else str(position.phase)


def _declared_in(project: Path) -> Snapshot | None:
    """What `flags.yaml` declares; None also where a process that has given up its rights can import nothing more."""
    try:
        # YAML and pydantic, which an application with a store never needs.
        from rollout_cli.sources.declared_flags import declared_flags  # noqa: PLC0415
    except (ImportError, OSError) as error:
        say(logging.ERROR, "flags.yaml cannot be read: %s", error)
        return None
    return declared_flags(project)

"""The comparison: both results of one delivery, field by field, by the rules that were declared."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from rollout_cli.ending import is_asked_for, overlooked
from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.comparators import Compare
from rollout_cli.pipeline.dual_run.facts import UNTOLD, Extract, Fact, FactError, Scalar, facts_of, legacy_facts
from rollout_cli.pipeline.dual_run.masking import masking
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Kind, Observation, Severity
from rollout_cli.pipeline.dual_run.pairing import paired
from rollout_cli.pipeline.dual_run.rules import Rules, expired
from rollout_cli.process_key import PROCESS_KEY
from rollout_cli.whatsapp import NormalizeError

LEGACY, CANDIDATE, EXTRACT, EXCEPTIONS = "legacy", "candidate", "extract", "exceptions"
"""The paths of what is about a side as a whole."""
REFUSED = NormalizeError.__name__
"""What the candidate says to a body that is none. A legacy parser says it in words of its own."""
_log = logging.getLogger("rollout.pipeline")


class DeclaredComparison:
    """Compares. Each side decodes for itself: the legacy one in the extractor, the candidate in the normalizer."""

    def __init__(
        self,
        extract: Extract,
        rules: Rules | None = None,
        *,
        key: bytes | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Declare a comparison.

        Args:
            extract: tells what the legacy handler's response says; what it raises is a divergence of its own.
            rules: how; the defaults when left out.
            key: for pseudonyms; without one they are of this process alone.
            clock: the time.
        """
        self._extract = extract
        self._rules = Rules() if rules is None else rules
        self._by_path = {each.path: each for each in self._rules.comparators}
        self._key = key or PROCESS_KEY
        self._mask = masking(self._key, {path: _declared(how) for path, how in self._by_path.items()})
        self._clock = clock
        self._seen_on: date | None = None
        self._expired: set[str] = set()

    def compare(self, delivery: Delivery, candidate: CandidateOutcome) -> Sequence[Observation]:
        """One observation of a match, or one for each divergence."""
        legacy = delivery.legacy or LegacyOutcome()
        found = list(self._findings(delivery, legacy, candidate))
        measured = legacy.seconds > 0 and candidate.seconds > 0
        added = (candidate.seconds - legacy.seconds) * 1000 if measured else None
        if added is not None and added > self._rules.late_ms:
            found.append(self._found(Kind.LATE, CANDIDATE))
        if not found:
            found = [self._found(Kind.MATCH, "")]
        now = self._clock()
        self._warn_of_expired(now.date())
        shopper = delivery.shopper_id
        told = [
            replace(
                each,
                at=now,
                provider=delivery.provider,
                delivery=pseudonym(self._key, delivery.body.decode("latin-1")),
                shopper=None if shopper is None else pseudonym(self._key, shopper),
                added_ms=added if place == 0 else None,
            )
            for place, each in enumerate(found)
        ]
        return [self._judged(each, now.date()) for each in told]

    def _findings(
        self, delivery: Delivery, legacy: LegacyOutcome, candidate: CandidateOutcome
    ) -> Iterator[Observation]:
        if (legacy.error is None) != (candidate.error is None):
            yield self._found(Kind.EXCEPTION, CANDIDATE if legacy.error is None else LEGACY)
            return
        if legacy.error is not None:  # neither could do anything with it: a refusal is one, whatever it is called
            if candidate.error not in (legacy.error, REFUSED):
                yield self._found(Kind.EXCEPTION, EXCEPTIONS, legacy.error, candidate.error)
            return
        try:
            told = self._extract(legacy.response, delivery)
            old = None if told is UNTOLD else legacy_facts(told)
        except Exception as error:  # the application's code: whatever it raises is a finding
            if is_asked_for(error):
                raise
            with overlooked():
                _log.warning("[DUAL_RUN] the extractor of legacy facts went wrong: %s", _told(error))
            yield self._found(Kind.EXCEPTION, EXTRACT)
            return
        if old is not None:
            yield from self._compared(old, facts_of(candidate.events))

    def _compared(self, old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Observation]:
        both = paired(old, new, self._states_agree)
        for fact in both.missing:
            yield self._found(Kind.MISSING, fact.kind, self._shown(fact), None)
        for fact in both.extra:
            yield self._found(Kind.EXTRA, fact.kind, None, self._shown(fact))
        for kind, shown in _each_once((each.kind, self._shown(each)) for each in both.repeated_by_legacy):
            yield self._found(Kind.DUPLICATE, kind, shown, None)
        for kind, shown in _each_once((each.kind, self._shown(each)) for each in both.repeated_by_candidate):
            yield self._found(Kind.DUPLICATE, kind, None, shown)
        if not both.in_order:
            yield self._found(Kind.ORDER, "order")
        for one, other in both.pairs:
            yield from self._fields(one, other)

    def _states_agree(self, legacy: Scalar, candidate: Scalar) -> bool:
        how = self._by_path.get("status.state")
        return legacy == candidate if how is None else how.agree(legacy, candidate)

    def _shown(self, fact: Fact) -> str:
        """A fact, masked: its id, and of a status its state."""
        shown = self._mask(fact.id) if fact.id else "no id"
        state = self._mask(fact.variant[0], "status.state") if fact.variant else None
        return f"{shown}" if state is None else f"{shown} {state}"

    def _fields(self, old: Fact, new: Fact) -> Iterator[Observation]:
        """The fields that the legacy side names."""
        for path, value in old.fields.items():
            how = self._by_path.get(path)
            other = new.fields.get(path)
            if how is not None and not how.agree(value, other):
                found = self._found(Kind.FIELD, path, self._mask(value, path), self._mask(other, path))
                yield replace(found, severity=how.severity)

    def _found(self, kind: Kind, path: str, legacy: str | None = None, candidate: str | None = None) -> Observation:
        """A finding; both values are masked already."""
        severity = self._rules.severities.get(kind, Severity.NONE)
        return Observation(datetime.min.replace(tzinfo=UTC), "", kind, severity, path, legacy, candidate)

    def _judged(self, found: Observation, today: date) -> Observation:
        """A finding with the reason of the rule that ignores it; of several the same one in whichever order."""
        if found.kind is Kind.MATCH:
            return found
        reasons = [each.reason for each in self._rules.ignores if each.applies(found, today)]
        return replace(found, ignored=min(reasons)) if reasons else found

    def _warn_of_expired(self, today: date) -> None:
        """Name each rule that ignores nothing any more, once."""
        if today == self._seen_on:
            return
        self._seen_on = today
        for rule in expired(self._rules.ignores, today):
            words = f"{rule.expires}: {rule.reason}"
            if words not in self._expired:
                self._expired.add(words)
                with overlooked():
                    _log.warning("[DUAL_RUN] a rule that ignores has expired on %s", words)


def _declared(how: Compare) -> set[str]:
    """The words of a comparator's synonyms: somebody who wrote the rules knows them."""
    return {*how.synonyms, *how.synonyms.values()}


def _each_once(told: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return dict.fromkeys(told)


def _told(error: Exception) -> str:
    """What may be said of an error: the words of ours, of others the type alone."""
    return str(error) if isinstance(error, FactError) else type(error).__name__

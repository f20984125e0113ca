"""The comparison: both results of one delivery, field by field, by the rules that were declared."""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.facts import Extract, Fact, Scalar, facts_of, legacy_facts
from rollout_cli.pipeline.dual_run.masking import masking
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Kind, Observation, Severity
from rollout_cli.pipeline.dual_run.rules import Ignore, Rules

LEGACY, CANDIDATE, EXTRACT = "legacy", "candidate", "extract"
"""The paths of what is about a side as a whole."""
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
        self._key = key or secrets.token_bytes(32)
        self._mask = masking(self._key)
        self._clock = clock
        self._warned: set[Ignore] = set()

    def compare(self, delivery: Delivery, candidate: CandidateOutcome) -> Sequence[Observation]:
        """One observation of a match, or one for each divergence."""
        legacy = delivery.legacy or LegacyOutcome()
        found = list(self._findings(delivery, legacy, candidate))
        added = (candidate.seconds - legacy.seconds) * 1000
        if added > self._rules.late_ms:
            found.append(self._found(Kind.LATE, CANDIDATE, None, None))
        if not found:
            found = [self._found(Kind.MATCH, "", None, None)]
        now = self._clock()
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
        return [self._ignored(each, now) for each in told]

    def _findings(
        self, delivery: Delivery, legacy: LegacyOutcome, candidate: CandidateOutcome
    ) -> Iterator[Observation]:
        if (legacy.error is None) != (candidate.error is None):
            yield self._found(Kind.EXCEPTION, LEGACY if legacy.error else CANDIDATE, None, None)
            return
        if legacy.error is not None:
            return  # neither could do anything with it
        try:
            old = legacy_facts(self._extract(legacy.response, delivery))
        except Exception as error:  # noqa: BLE001 - the application's code: whatever it raises is a finding
            with suppress(Exception):
                _log.warning("the extractor of legacy facts raised %s", type(error).__name__)
            yield self._found(Kind.EXCEPTION, EXTRACT, None, None)
            return
        yield from self._compared(old, facts_of(candidate.events))

    def _compared(self, old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Observation]:
        legacy, candidate = _named(old), _named(new)
        for name, fact in legacy.items():
            if name not in candidate:
                yield self._found(Kind.MISSING, fact.kind, fact.id or fact.kind, None)
        for name, fact in candidate.items():
            if name not in legacy:
                yield self._found(Kind.EXTRA, fact.kind, None, fact.id or fact.kind)
        for side, facts in ((LEGACY, old), (CANDIDATE, new)):
            yield from self._repeated(side, facts)
        common = [name for name in legacy if name in candidate]
        if common != [name for name in candidate if name in legacy]:
            yield self._found(Kind.ORDER, "order", None, None)
        for name in common:
            yield from self._fields(legacy[name], candidate[name])

    def _repeated(self, side: str, facts: Sequence[Fact]) -> Iterator[Observation]:
        for (kind, about), count in Counter((each.kind, each.id) for each in facts if each.id).items():
            if count > 1:
                values = (about, None) if side == LEGACY else (None, about)
                yield self._found(Kind.DUPLICATE, kind, *values)

    def _fields(self, old: Fact, new: Fact) -> Iterator[Observation]:
        """The fields that the legacy side names."""
        for path, value in old.fields.items():
            how = self._by_path.get(path)
            if how is not None and not how.agree(value, new.fields.get(path)):
                found = self._found(Kind.FIELD, path, value, new.fields.get(path))
                yield replace(found, severity=how.severity)

    def _found(self, kind: Kind, path: str, legacy: Scalar, candidate: Scalar) -> Observation:
        severity = self._rules.severities.get(kind, Severity.NONE)
        return Observation(
            datetime.min.replace(tzinfo=UTC), "", kind, severity, path, self._mask(legacy), self._mask(candidate)
        )

    def _ignored(self, found: Observation, now: datetime) -> Observation:
        if found.kind is Kind.MATCH:
            return found
        today = now.date()
        for rule in self._rules.ignores:
            if rule.applies(found, today):
                return replace(found, ignored=rule.reason)
            if rule.expires < today and rule not in self._warned:
                self._warned.add(rule)
                with suppress(Exception):
                    _log.warning("[DUAL_RUN] a rule that ignores has expired on %s: %s", rule.expires, rule.reason)
        return found


def _named(facts: Sequence[Fact]) -> Mapping[tuple[str, str], Fact]:
    """Facts by kind and id; those without an id by their place among their like. Of repeated ones the first."""
    named: dict[tuple[str, str], Fact] = {}
    places: Counter[str] = Counter()
    for each in facts:
        about = each.id
        if not about:
            about = f"#{places[each.kind]}"
            places[each.kind] += 1
        named.setdefault((each.kind, about), each)
    return named

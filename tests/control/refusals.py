"""What refuses a verb: an error with its exit code, words and hint, and nothing written."""

from collections.abc import Callable

import pytest

from rollout_cli.errors import ExitCode, RolloutError
from tests.control.person import Person


def refused(action: Callable[[], object], code: ExitCode, words: str) -> None:
    """Expects an error of one exit code whose words are these."""
    with pytest.raises(RolloutError, match=words) as caught:
        action()
    assert caught.value.exit_code is code
    assert caught.value.hint


class Refused:
    """Expects an error of one exit code whose words are these, and that nothing was written."""

    def __init__(self, ann: Person, code: ExitCode, words: str) -> None:
        self._ann, self._code, self._words, self._before = ann, code, words, list(ann.ledger.records)
        self._expected = pytest.raises(RolloutError, match=words)

    def __enter__(self) -> None:
        self._caught = self._expected.__enter__()

    def __exit__(self, *details: object) -> bool:
        caught = self._expected.__exit__(*details)  # type: ignore[arg-type]
        assert self._caught.value.exit_code is self._code
        assert self._caught.value.hint
        assert self._ann.ledger.records == self._before
        return bool(caught)

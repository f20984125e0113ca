"""Hundreds of small cases as one test: to start each as a test of its own costs more than most of them do."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

MOST = 10
"""So many of the cases that fail are shown; the others are named."""

Test = Callable[..., None]


def for_each(names: str, cases: Iterable[Any], ids: Callable[[Any], object] = repr) -> Callable[[Test], Test]:
    """Run a test on each case as `pytest.mark.parametrize` does, but as one test that tells of all that fail, by name.

    All cases share what the test gets from its fixtures. A case that skips itself is passed over.

    Args:
        names: those of the arguments, with commas between.
        cases: what they are given: a value, or a tuple where there are several names.
        ids: how a case is named where it fails.
    """
    words = [each.strip() for each in names.split(",")]
    every = list(cases)

    def decorated(test: Test) -> Test:
        @functools.wraps(test)
        def on_all(**fixtures: Any) -> None:
            if not every:
                pytest.skip("there are no cases")
            wrong: dict[str, BaseException] = {}
            for case in every:
                values = case if len(words) > 1 else (case,)
                try:
                    test(**dict(zip(words, values, strict=True)), **fixtures)
                except pytest.skip.Exception:
                    continue
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - all of them are told
                    error.add_note(f"the case: {ids(case)}")
                    wrong[str(ids(case))] = error
            if wrong:
                told = f"{len(wrong)} of {len(every)} cases: {', '.join(wrong)}"
                raise BaseExceptionGroup(told, list(wrong.values())[:MOST])

        signature = inspect.signature(test)
        left = [each for name, each in signature.parameters.items() if name not in words]
        on_all.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return on_all

    return decorated

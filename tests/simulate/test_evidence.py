"""What is read from a store is held against what the traffic knows of its threads, and against nothing else."""

from collections.abc import Iterator

import pytest

from rollout_cli.simulate.evidence import Audit, Held, Row, audit
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.traffic.ids import mixed
from rollout_cli.simulate.truth import ThreadTruth

SHOPPER = "shopper-1"
MESSAGE = f"3EB0{mixed(7, 1)}"


class Rows:
    """Evidence of these rows, with a conversation for each thread that has one."""

    def __init__(self, *rows: Row, letters: tuple[str | None, ...] = ()) -> None:
        self._rows = sorted(rows)
        self._letters = letters

    def rows(self) -> Iterator[Row]:
        return iter(self._rows)

    def conversations(self) -> Iterator[Held]:
        named = {(each.conversation_id, each.thread_key) for each in self._rows if each.conversation_id}
        return (Held(name or "", key or "", "private", SHOPPER, None) for name, key in sorted(named))

    def letters(self) -> Iterator[str | None]:
        return iter(self._letters)

    def signals(self) -> Ledger:
        return Ledger()


def row(kind: str, thread: str | None, message: str = MESSAGE, conversation: str | None = "c-1") -> Row:
    key = f"{SHOPPER}:evolution:{kind}:{message}"
    return Row(key, f"whatsapp.message.{kind}", SHOPPER, thread, conversation, message)


def found(*rows: Row) -> Audit:
    truth = {7: ThreadTruth(SHOPPER, True, True), 8: ThreadTruth(SHOPPER, True, True)}
    return audit(Rows(*rows), truth, {SHOPPER: True}, 0, None)


def test_a_status_without_a_chat_whose_message_never_came_belongs_nowhere() -> None:
    other = f"3EB0{mixed(7, 2)}"
    audited = found(row("inbound", "t"), row("status.read", None, other, None))
    assert (audited.threads, audited.threads_wrong, audited.conversations_wrong) == (1, 0, 0)


@pytest.mark.parametrize("kind", ["status.read", "edited", "revoked"])
def test_where_its_message_is_it_has_to_join_it(kind: str) -> None:
    assert found(row("inbound", "t"), row(kind, None, MESSAGE, None)).threads_wrong == 1


def test_a_message_itself_always_has_a_thread() -> None:
    assert found(row("inbound", None)).threads_wrong == 1


def test_two_threads_under_one_key_are_thrown_together_and_one_under_two_is_split() -> None:
    assert found(row("inbound", "t"), row("inbound", "t", f"3EB0{mixed(8, 1)}")).threads_wrong == 1
    assert found(row("inbound", "t"), row("inbound", "u", f"3EB0{mixed(7, 2)}")).threads_wrong == 1


def test_what_is_said_to_many_has_neither_a_thread_nor_a_conversation() -> None:
    truth = {7: ThreadTruth(SHOPPER, True, has_thread=False), 8: ThreadTruth(SHOPPER, True, has_thread=False)}
    other = f"3EB0{mixed(8, 1)}"

    def judged(*rows: Row) -> tuple[int, int, int]:
        its = audit(Rows(*rows), truth, {SHOPPER: True}, 0, None)
        return its.threads, its.threads_wrong, its.conversations_wrong

    posts = row("inbound", None, conversation=None), row("outbound", None, other, None)
    assert judged(*posts, row("revoked", None, conversation=None)) == (2, 0, 0)
    assert judged(*posts, row("revoked", "t", conversation=None)) == (2, 1, 0)
    assert judged(*posts, row("status.read", None, other)) == (2, 0, 1)
    truth[7].is_retold = True
    assert judged(row("inbound", "t")) == (1, 1, 0)


def test_a_dead_letter_and_a_conversation_of_somebody_who_is_not_live_are_foreign_whoever_else_is() -> None:
    letters = Rows(letters=(SHOPPER, "in-shadow", None))
    assert audit(letters, {}, {SHOPPER: True, "in-shadow": False}, 0, None).foreign == 2
    held = Rows(row("inbound", "t"))
    assert audit(held, {7: ThreadTruth("other", True, True)}, {SHOPPER: False}, 0, None).foreign == 2


def test_a_thread_that_is_not_routed_must_have_no_conversation() -> None:
    truth = {7: ThreadTruth(SHOPPER, False, True)}
    wrong = audit(Rows(row("inbound", "t")), truth, {SHOPPER: True}, 0, None)
    assert (wrong.conversing, wrong.conversations_wrong) == (1, 1)
    right = audit(Rows(row("inbound", "t", conversation=None)), truth, {SHOPPER: True}, 0, None)
    assert (right.conversing, right.conversations_wrong) == (0, 0)

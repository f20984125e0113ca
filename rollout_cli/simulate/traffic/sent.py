"""What is sent: a request as a provider makes it, with what the traffic knows of it."""

from msgspec import Struct

from rollout_cli.simulate.traffic.happening import Happening


class Fact(Struct, frozen=True, gc=False):
    """One thing that a body tells.

    Attributes:
        event_type: what it has to become.
        thread: the number of its thread; -1 where it belongs to none.
        message: the digits in the id of the message that it is, or else is about; of no message, its own.
        name: the same for each telling of the same thing, and for no other thing of the lane.
        is_new: whether it was never told before.
        is_told_again: whether another body tells it again.
        speaks: whether somebody says something: it opens a conversation.
        in_group: whether its thread is a group.
        is_to_many: whether it is said to many at once: then `thread` numbers what must have no thread.
        words: what its text has to be, as the inside of a JSON string; empty where its text is not known.
        what: what happened, in the spelling in which it is told; None where only the above is known of it.
    """

    event_type: str
    thread: int
    message: str
    name: int
    is_new: bool
    is_told_again: bool
    speaks: bool
    in_group: bool = False
    is_to_many: bool = False
    words: str = ""
    what: Happening | None = None


class Sent(Struct, frozen=True, gc=False):
    """One request.

    Attributes:
        at: when it comes, milliseconds since 1970.
        lane: whose traffic it is; lanes share no thread and no shopper.
        number: within the lane.
        body: its bytes.
        shopper_id, instance, event: where it is addressed to.
        facts: what it tells, in its order; nothing for a malformed one.
        is_malformed: whether it is no delivery of its provider.
        is_known: whether the traffic knows what it tells; a recording does not.
        headers: of the request, where a recording has them.
    """

    at: int
    lane: int
    number: int
    provider: str
    body: bytes
    shopper_id: str | None
    instance: str | None = None
    event: str | None = None
    facts: tuple[Fact, ...] = ()
    is_malformed: bool = False
    is_known: bool = True
    headers: dict[str, str] | None = None

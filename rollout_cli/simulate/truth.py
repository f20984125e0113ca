"""The truth: what the traffic knows of the threads that it has told of."""

from msgspec import Struct


class ThreadTruth(Struct):
    """What the traffic knows of one thread of a shopper who is live.

    Attributes:
        shopper_id: whose it is.
        is_routed: whether the position routes it.
        has_spoken: whether somebody said something: then it has a conversation, else none.
        has_thread: whether it may have one at all: what is said to many at once has no thread and no conversation.
        is_called: whether somebody in a group mentioned an SKM.
        is_retold: whether something of it came again and got another key: taken for something new, told under another
            id of the person, it may have had a thread and a conversation of its own before both became one person.
    """

    shopper_id: str
    is_routed: bool
    has_spoken: bool = False
    has_thread: bool = True
    is_called: bool = False
    is_retold: bool = False

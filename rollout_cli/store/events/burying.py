"""Dead letters: what could not become events, each body once."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection, case

from rollout_cli.pipeline.event_store import DeadLetter
from rollout_cli.pipeline.storable import storable
from rollout_cli.store.events.inserting import Dialect
from rollout_cli.store.events.tables import dead_letters


def fingerprint_of(letter: DeadLetter) -> str:
    """The same for the same body of the same instance; a forgery of it is another one, and takes no place of its."""
    signed = {None: "", True: "signed", False: "forged"}[letter.signature_valid]
    told = (letter.provider, *map(_name, (letter.instance, letter.event, letter.shopper_id)), signed)
    return sha256("\0".join(each or "" for each in told).encode() + b"\0" + letter.body).hexdigest()


def bury(connection: Connection, dialect: Dialect, letters: Sequence[DeadLetter]) -> None:
    """Insert, or count one that is there already; not one that was received when that was: it is given again."""
    rows = [
        {"fingerprint": fingerprint_of(each), "at": each.at, "provider": each.provider,
         "instance": _name(each.instance), "event": _name(each.event), "shopper_id": _name(each.shopper_id),
         "signature_valid": each.signature_valid,
         "reason": each.reason, "explanation": each.explanation, "body": each.body}
        for each in letters
    ]  # fmt: skip
    if rows:
        statement = dialect.insert(dead_letters)
        again = statement.on_conflict_do_update(
            index_elements=["fingerprint"],
            set_={
                "times": dead_letters.c.times + case((statement.excluded.at == dead_letters.c.at, 0), else_=1),
                "reason": statement.excluded.reason,
                "explanation": statement.excluded.explanation,
            },
        )
        connection.execute(again, rows)


def _name(name: str | None) -> str | None:
    return name and storable(name)

"""The latest revision of a rollout, made sure of."""

from rollout_cli.control.ledger import Head, Reading
from rollout_cli.control.record import DamagedRecordError, Revision
from rollout_cli.errors import StoreError


def latest_revision(reading: Reading) -> Revision | None:
    """Read the latest revision; None before the first.

    Raises:
        StoreError: its record is damaged, or not the one that was written last.
    """
    pointer, latest = reading.pointer(), next(iter(reading.revisions()), None)
    if pointer is None and latest is None:
        return None
    if pointer is not None and isinstance(latest, Revision) and pointer == Head(latest.number, latest.hash):
        return latest
    detail = str(latest) if isinstance(latest, DamagedRecordError) else _mismatch(pointer, latest)
    raise StoreError(
        f"the store is damaged: {detail}",
        hint="`rollout history verify` says where; `rollout rollback` works all the same; restore a backup",
    )


def _mismatch(pointer: Head | None, latest: Revision | None) -> str:
    if pointer is None:
        return "the pointer to the latest revision is gone"
    if latest is None or latest.number < pointer.number:
        return "its latest record is gone"
    return "the latest record is not the one that was written"

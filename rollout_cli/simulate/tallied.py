"""What a judge counts. Numbers alone: those of two workers add up."""

from msgspec import Struct


class ShopperSeen(Struct):
    """How much of a shopper's traffic went which way."""

    path: str
    events: int = 0


class Tallied(Struct):
    """What was counted; two add up.

    Attributes:
        bodies, facts: delivered.
        unique: facts that were told for the first time.
        well_formed: facts in bodies that were not meant to be malformed, of shoppers who are not off.
        right: those of them that became what they ought to.
        held, mistaken: those of them whose other fields were held against what was told; and those that differ in one.
        unknown: events of a type that is not known.
        spoiled, refused: bodies that were meant to be malformed, of shoppers who are not off; and those refused.
        malformed: bodies that were refused.
        repeats, unlike: facts that came again and were judged, and those that got another key.
        failed: attempts to take a delivery of a shopper who is not off that came to nothing.
        forgotten: facts that were lost, and that are not known to be new any more when they come again.
        lost: deliveries of shoppers who are not off that nobody took in the end.
        taken: the others of theirs.
        claimed: events that were said to be new.
        strayed: events of deliveries that went further than their shopper's flags say.
        formed, misformed: events whose form was read back; those that could not be.
        legacy_called, legacy_changed: what the legacy path returned or raised; what did not come through as it was, or
            for which it was not called once.
        legacy_answered: what it returned.
        legacy_sound, legacy_failed: sound bodies that it had; those at which it raised.
    """

    bodies: int = 0
    facts: int = 0
    unique: int = 0
    well_formed: int = 0
    right: int = 0
    held: int = 0
    mistaken: int = 0
    unknown: int = 0
    spoiled: int = 0
    refused: int = 0
    malformed: int = 0
    repeats: int = 0
    unlike: int = 0
    failed: int = 0
    forgotten: int = 0
    lost: int = 0
    taken: int = 0
    claimed: int = 0
    strayed: int = 0
    formed: int = 0
    misformed: int = 0
    legacy_called: int = 0
    legacy_changed: int = 0
    legacy_answered: int = 0
    legacy_sound: int = 0
    legacy_failed: int = 0

    def merge(self, other: "Tallied") -> None:
        """Add what another has counted."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

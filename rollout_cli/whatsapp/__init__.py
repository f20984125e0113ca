"""Room `whatsapp`: a provider's webhook body becomes canonical events.

In: bytes, and when they came. Out: `CanonicalEvent`s.
Rule: it drops nothing, raises nothing but `NormalizeError` for a body, and imports nothing else of this program: it can
be lifted out. No file, socket, clock or random number.
"""

from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.failure import NormalizeError, Reason
from rollout_cli.whatsapp.normalizing import normalize
from rollout_cli.whatsapp.signature import challenge, verify_signature
from rollout_cli.whatsapp.vocabulary import PROVIDERS

__all__ = ["PROVIDERS", "CanonicalEvent", "NormalizeError", "Reason", "challenge", "normalize", "verify_signature"]

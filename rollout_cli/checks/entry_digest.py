"""The digest of one check: what it asks, whatever else its file says."""

import hashlib
import json

from rollout_cli.plan.models import CheckEntry

_QUESTION = frozenset({"id", "kind", "title", "title_pt"})
_ABOUT_THE_ANSWER = frozenset({"expires", "approvals", "bound_to"})


def entry_digest(entry: CheckEntry) -> str:
    """A sha256 over what a person says yes to: a check's id, kind, titles and parameters.

    What follows from the answer does not count (`on`, `needs`, …), nor how many people have to give it, for how long:
    that is looked up anew whenever the check is asked. Stores keep these digests, so they never change.
    """
    keys = _QUESTION | entry.parameters.keys()
    if entry.kind == "attestation":
        keys -= _ABOUT_THE_ANSWER
    content = entry.model_dump(mode="json", include=set(keys))
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

"""The digest of the files: the same for the same content, whatever the order, spacing and comments."""

import hashlib
import json
from collections.abc import Iterable

from rollout_cli.plan.document import Document


def plan_digest(documents: Iterable[Document]) -> str:
    """A sha256 over what the files say."""
    content = sorted(json.dumps(document.data, sort_keys=True, ensure_ascii=True) for document in documents)
    return hashlib.sha256("\n".join(content).encode()).hexdigest()

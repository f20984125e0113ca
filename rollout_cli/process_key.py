"""The key of pseudonyms where nobody has set one: of this process, so that all of its logs call somebody the same."""

import secrets

PROCESS_KEY = secrets.token_bytes(32)

#!/usr/bin/env bash
# Installs rollout for the action: from the action's own files, everything else pinned with hashes.
set -euo pipefail

python=${ACTION_PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo '::error title=rollout::The input python names no Python 3.11 or newer.'
    exit 2
fi
"$python" -m venv "$RUNNER_TEMP/rollout-venv"
pip=("$RUNNER_TEMP/rollout-venv/bin/python" -m pip --disable-pip-version-check --quiet install)
"${pip[@]}" --require-hashes -r "$GITHUB_ACTION_PATH/requirements.lock"
"${pip[@]}" --no-deps --no-build-isolation "$GITHUB_ACTION_PATH"

#!/usr/bin/env bash
# Runs one command of rollout for the action: annotations on the log, a summary under the job, reports in files.
# Inputs come in the environment and are only ever single arguments; what rollout prints is never taken for commands
# of the runner, but for the annotations that it writes as such.
set -euo pipefail

command=${ACTION_COMMAND:-validate}
work=$RUNNER_TEMP/rollout-report
rm -rf "$work"
mkdir -p "$work"

case $command in
    validate | check)
        how=(--format=github "--report=markdown=$work/summary.md" "--report=junit=$work/junit.xml")
        how+=("--report=sarif=$work/rollout.sarif")
        ;;
    plan)
        how=(--format=text)
        ;;
    *)
        echo '::error title=rollout::The input command is none of validate, check and plan.'
        exit 2
        ;;
esac
how+=("--project=${ACTION_PROJECT:-.}")
if [ -n "${ACTION_PHASE:-}" ]; then
    how+=("--phase=$ACTION_PHASE")
fi
while IFS= read -r argument || [ -n "$argument" ]; do
    argument=${argument%$'\r'}
    if [ -n "$argument" ]; then
        how+=("$argument")
    fi
done <<<"${ACTION_ARGS:-}"

code=0
"$RUNNER_TEMP/rollout-venv/bin/rollout" "$command" "${how[@]}" >"$work/answer" 2>"$work/talk" || code=$?

quoted() { # shows a file on the log as mere text
    local token
    token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    echo "::stop-commands::$token"
    cat "$1"
    echo
    echo "::$token::"
}

quoted "$work/talk"
if [ "$command" = plan ]; then
    quoted "$work/answer"
    {
        echo '## rollout plan'
        echo
        sed 's/^/    /' "$work/answer"
    } >"$work/summary.md"
else
    cat "$work/answer"
fi
if [ -e "$work/summary.md" ]; then
    cat "$work/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi

echo "exit-code=$code" >>"$GITHUB_OUTPUT"
for report in junit=junit.xml sarif=rollout.sarif markdown=summary.md; do
    if [ -e "$work/${report#*=}" ]; then
        echo "${report%%=*}=$work/${report#*=}" >>"$GITHUB_OUTPUT"
    fi
done
exit "$code"

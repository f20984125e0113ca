#!/bin/sh
# The main job on the embedded store: a plan is taken from off through two phases, refused twice, and rolled back.
set -eu

folder=".demo"
rm -rf "$folder"
mkdir "$folder"
cd "$folder"
export ROLLOUT_ACTOR="ana@example.com"

if [ -t 1 ]; then bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m'); else bold="" dim="" plain=""; fi

say() { printf '\n%s# %s%s\n' "$bold" "$1" "$plain"; }

# run EXPECTED-CODE COMMAND…: show the command, run it, and make sure it ends as this script says it does.
run() {
    expected=$1
    shift
    printf '%s$ %s%s\n' "$dim" "$*" "$plain"
    code=0
    "$@" </dev/null 2>&1 || code=$?
    [ "$code" -eq 0 ] || printf '%s(exit code %s)%s\n' "$dim" "$code" "$plain"
    [ "$code" -eq "$expected" ] || { echo "demo: expected exit code $expected" >&2; exit 1; }
}

say "A new project: the files say what is wanted, the store will say what is."
run 0 rollout init
run 0 rollout validate

say "The difference is the plan. Nothing happens yet."
run 0 rollout plan

say "Phase 0, development: the new path runs in shadow."
run 0 rollout advance --phase 0

say "Nobody skips a phase."
run 5 rollout advance --phase 2

say "Phase 1, staging: still in shadow, and now compared with the old path."
run 0 rollout advance --yes

say "What does an application hear when it asks for a shopper?"
run 0 rollout evaluate WHATSAPP_CANONICAL_EVENTS_ENABLED --shopper shopper_beta_001

say "Phase 2 would touch real shoppers. It waits for the soak, and for people to say yes."
run 0 rollout attest team-trained --note "all five, on the staging store"
run 4 rollout advance

say "It is 3 a.m. and something looks wrong: one command, and nothing can block it."
run 0 rollout rollback --reason "error rate looks odd"
run 0 rollout evaluate WHATSAPP_CANONICAL_EVENTS_ENABLED --shopper shopper_beta_001

say "Nothing moves on by itself after that."
run 5 rollout advance

say "Who did what, and can the record be believed?"
run 0 rollout history
run 0 rollout history verify

printf '\n%sThe project is in %s/: go there and try `rollout status`, `rollout --help`.%s\n' "$bold" "$folder" "$plain"

#!/bin/sh
# The main job on the embedded store: examples/gradual is taken from off to 5 % of the shoppers, held up where it should
# be, and rolled back; then the shipped plan as what it was before, a checklist.
set -eu

folder=".demo"
rm -rf "$folder"
cp -R examples/gradual "$folder"
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

say "The files say what is wanted, the store will say what is. Are the files sound?"
run 0 rollout validate

say "The difference is the plan. Nothing happens yet."
run 0 rollout plan

say "Phase 0, development: everything is off but shadow mode."
run 0 rollout advance --yes

say "Nobody skips a phase."
run 5 rollout advance --phase 2

say "And nobody leaves one before its checks hold. This one asks a person."
run 4 rollout check
run 0 rollout attest works-with-flags-off --note "webhooks, log and diagnosis are as before"
run 0 rollout advance --yes

say "Phase 1, shadow mode, for one test shopper. What does an application hear when it asks?"
run 0 rollout evaluate WHATSAPP_CANONICAL_EVENTS_ENABLED --shopper shopper_test_001
run 0 rollout evaluate WHATSAPP_CANONICAL_EVENTS_ENABLED --shopper anybody_else

say "Phase 2, both paths side by side."
run 0 rollout attest shadow-validated --note "an hour of traffic, nothing stored"
run 0 rollout advance --yes

say "Phase 3 serves real shoppers. It wants two people to know the way back, and one of them is not enough."
run 0 rollout attest dual-run-validated --note "no critical divergence in a day"
run 0 rollout attest team-trained --note "all five"
run 0 rollout attest rollback-planned --note "rehearsed on Tuesday, nine seconds"
run 4 rollout advance --yes
run 0 env ROLLOUT_ACTOR=bruno@example.com rollout attest rollback-planned --note "I was there"
run 0 rollout advance --yes

say "5 % of the shoppers. The next step waits for its soak, and for somebody who has looked at the metrics."
run 0 rollout status
run 4 rollout advance --yes

say "It is 3 a.m. and something looks wrong: one command, and nothing can block it. Then: did it help?"
run 0 rollout rollback --reason "error rate looks odd" --watch --for 6s --every 5s
run 0 rollout evaluate WHATSAPP_CANONICAL_EVENTS_ENABLED --shopper shopper_test_001

say "Nothing moves on by itself after that."
run 5 rollout advance

say "Who did what, and can the record be believed?"
run 0 rollout history
run 0 rollout history verify

say "The shipped plan is two long checklists. What can files alone answer of phase 2, in CI for example?"
run 0 rollout init shipped
run 0 rollout --project shipped check --phase 2 --offline

say "All that has to hold before phase 0 is entered, in the words of the checklist."
run 0 rollout --project shipped check --lang pt
run 0 rollout --project shipped advance --yes

say "Meet the traffic before the shoppers do: in shadow nothing may be left behind."
run 0 rollout --project shipped simulate --events 3000

say "And in production, what if? Every event, thread, conversation and SKM is held against what the traffic knows."
run 0 rollout --project shipped simulate --phase 3 --percent 50 --events 3000

say "And what it takes to leave phase 0: what no source and no person has answered is never taken for a yes."
run 4 rollout --project shipped check --lang pt

printf '\n%sThe projects are in %s/ and %s/shipped/: go there and try `rollout status`, `rollout --help`.%s\n' \
    "$bold" "$folder" "$folder" "$plain"

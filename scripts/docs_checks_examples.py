"""For every kind of check: when it passes, when it fails, when neither, and examples that a test reads."""

from collections.abc import Mapping

CHECK_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "flag": (
        "PASS when the flag stands as wanted, else FAIL; INCONCLUSIVE when the store knows no such flag.",
        """\
- {id: not-in-shadow, kind: flag, flag: WHATSAPP_CANONICAL_EVENTS_ENABLED, shadow: false}
- {id: beta-is-served, kind: flag, flag: WHATSAPP_ROUTING_ENABLED, shopper: shopper_beta_001, enabled: true}
- {id: at-ten-percent, kind: flag, flag: WHATSAPP_ROUTING_ENABLED, percent: 10, state: planned}
""",
    ),
    "clock": (
        "PASS within the window; INCONCLUSIVE outside it, which means not yet; FAIL from `before` on: it is too late.",
        """\
- {id: office-hours, kind: clock, days: [mon, tue, wed, thu], hours: "09:00-16:00", timezone: America/Sao_Paulo}
- {id: after-the-sale, kind: clock, after: 2026-12-01T09:00:00-03:00}
- {id: at-night, kind: clock, days: [fri], hours: "22:00-06:00"}   # until Saturday, 06:00
""",
    ),
    "attestation": (
        """\
PASS while enough recorded yeses count, each of another person; INCONCLUSIVE when there are too few. It never fails.
A yes counts until the end that was promised when it was given, or as long as the file says now, whichever is earlier;
until somebody revokes it (`rollout attest ID --revoke`); and as long as what it is bound to has not changed.""",
        """\
- {id: team-trained, kind: attestation, title: The team has been trained, expires: 30d, bound_to: check}
- {id: go-live, kind: attestation, title: We go live, expires: 24h, approvals: 2}
""",
    ),
    "migrations": (
        """\
PASS when everything is there; FAIL when something is missing, with the names of it; INCONCLUSIVE when it asks for
migrations and there is no table that says which were applied. `unique` finds an index or a constraint over just these
columns and all rows: a unique index with a condition (a partial one) is asked for by its `name`. Of the rollout's own
`store`, without further keys, it asks for the migration that this program needs.""",
        """\
- {id: store-migrated, kind: migrations}
- id: events-migrated
  kind: migrations
  source: events
  tables: [whatsapp_events]
  indexes:
    - {table: whatsapp_events, name: whatsapp_events_thread_key_idx}
    - {table: whatsapp_events, unique: [idempotency_key]}
  applied: [app_whatsapp_events.0001_initial]
""",
    ),
    "http": (
        """\
PASS when status, body and time are as wanted; FAIL when one is not, or there is nothing at the `pointer`; INCONCLUSIVE
when there is no answer, or what should be JSON is none. `within` judges an answer that came; `timeout` ends the waiting
for one, so give it more than `within`. With `unreachable: fail` a service that does not answer within its time fails:
say it only where silence itself is the failure. Redirects are never followed, a 302 is a status like any other.
Addresses that are not public are reached only when `addresses` names them. What the body says is never repeated.""",
        """\
- {id: legacy-answers, kind: http, source: legacy, path: /health, status: [200, 204], within: 2s}
- id: version-deployed
  kind: http
  url: https://example.org/version
  headers: {Accept: application/json}
  pointer: /version
  equals: 2.4.0
  unreachable: fail
""",
    ),
    "command": (
        """\
PASS when the exit status is in `pass_on` and the output is as wanted, else FAIL; INCONCLUSIVE when the status is in
`inconclusive_on`, when a signal ended the program, and when the verdict would hang on output that was cut off. There is
no shell. Only programs that `commands.allow` of `sources.yaml` names are run; what they print is redacted and capped.
A FAIL shows the last line of it.
""",
        """\
- {id: normalizer-imports, kind: command, command: [python3, -c, "import json"], timeout: 5s}
- id: diagnosed
  kind: command
  command: [docker, exec, web, python, manage.py, whatsapp_diagnose]
  absent: 'ERROR|CRITICAL'
  inconclusive_on: [75]
""",
    ),
    "file": (
        """\
PASS when the file is there as wanted, or not there with `exists: false`, else FAIL; INCONCLUSIVE when it cannot be
read, is too large to look into, or is dated in the future. Patterns are RE2's: they look neither ahead nor behind,
and have no back-references.""",
        """\
- {id: runbook-there, kind: file, path: docs/runbooks/rollback.md, contains: rollout rollback}
- {id: no-kill-file, kind: file, path: .rollout/kill, exists: false}
- {id: backup-fresh, kind: file, path: backup/events.dump, newer_than: 24h}
""",
    ),
    "log": (
        """\
PASS when `contains` is in at least `at_least` of the last lines and `absent` in none, else FAIL; INCONCLUSIVE when
there are fewer lines than `min_lines`, or the file was not written for longer than `fresh`. Give `fresh`, or a
silent service looks like a healthy one. The lines are counted and never repeated. Each counts with its
first 10,000 characters, all with their last 8 MB; where the verdict would hang on more, it is INCONCLUSIVE.""",
        """\
- {id: shadow-works, kind: log, path: logs/whatsapp.log, contains: '\\[SHADOW MODE\\]', lines: 5000, fresh: 15m}
- {id: no-errors, kind: log, path: logs/whatsapp.log, absent: 'ERROR|Traceback', min_lines: 100, fresh: 5m}
- {id: container-is-quiet, kind: log, command: [docker, logs, --tail, "5000", web], absent: Traceback}
""",
    ),
    "sql": (
        """\
PASS when the number is within its bounds, else FAIL; INCONCLUSIVE when the statement answers with no row, NULL, several
rows or columns, or something that is no number. The statement is run in a transaction that can only read. That keeps
accidents out, not malice: use a database user that may only SELECT. A PgBouncer in between refuses connections that
ask to read only, unless its configuration says `ignore_startup_parameters = options`; or name the database itself.""",
        """\
- {id: events-stored, kind: sql, source: events, query: SELECT COUNT(*) FROM whatsapp_events, min: 1, unit: events}
""",
    ),
    "ratio": (
        """\
PASS when the share of `bad` (or `good`) in `total` is within its bounds, else FAIL; INCONCLUSIVE with fewer events than
`min_events`, and when the two numbers are not a part and its whole. The message is the whole sum:
`3 bad of 12 840 = 0.023 % < 0.1 %`. A counter that never counted has no series: where that means none, write
`or vector(0)`.""",
        """\
- id: error-rate
  kind: ratio
  title: Fewer than 0.1 % of events fail
  source: prometheus
  bad: 'sum(increase(canonical_publish_fail_count_total[{window}])) or vector(0)'
  total: 'sum(increase(canonical_events_published_count_total[{window}]))'
  max: 0.1%
  min_events: 1000
  on: {fail: rollback, inconclusive: hold, error: hold}
""",
    ),
    "quantile": (
        """\
"p95 at most 200 ms" means: at most 5 % above 200 ms. With `within`, the share above the limit is reckoned: PASS when it
is at most what `quantile` leaves, else FAIL. That is exact where a bucket of the histogram ends at the limit. With
`value`, the quantile that the source estimates is held against `max`. INCONCLUSIVE as for `ratio`.""",
        """\
- id: fast
  kind: quantile
  source: prometheus
  quantile: 95%
  max: 200
  unit: ms
  within: 'sum(increase(latency_ms_bucket{le="200"}[{window}]))'
  total: 'sum(increase(latency_ms_count[{window}]))'
  min_events: 500
""",
    ),
    "value": (
        """\
PASS when the number is within its bounds, else FAIL; INCONCLUSIVE when there is none, or with fewer events than
`min_events` in `total`.""",
        """\
- id: queue-short
  kind: value
  source: prometheus
  value: 'max(queue_length)'
  max: 100
  unit: messages
  newest: 'max(timestamp(queue_length))'
  stale_after: 2m
""",
    ),
    "count": (
        "As `value`, for what is counted: a number below zero is no count, and makes it INCONCLUSIVE.",
        """\
- {id: no-divergence, kind: count, source: legacy, count: "/stats#/dual_run/divergences", max: 0}
- id: no-duplicates
  kind: count
  source: events
  count: SELECT COUNT(*) - COUNT(DISTINCT idempotency_key) FROM whatsapp_events
  total: SELECT COUNT(*) FROM whatsapp_events
  min_events: 1000
  max: 0
  unit: duplicates
""",
    ),
    "simulate": (
        """\
PASS when every KPI that `min` and `max` name is on the right side of its bound; without any, when every KPI that the
run can tell is within its [usual bound](simulate.md#kpis). FAIL when one is not; INCONCLUSIVE when one that is named
could not be told, because nothing of the kind came: in shadow nothing is stored, without duplicates nothing is told
twice. The traffic knows what it tells, so everything is held against the truth. It runs in a process of its own with a
temporary store; the rollout's store and all sources stay alone. Give it more `timeout` than the usual ten seconds.""",
        """\
- {id: evolution-normalizes, kind: simulate, provider: evolution, timeout: 60s, min: {normalized_rate: 99%}}
- id: same-event-twice
  kind: simulate
  timeout: 60s
  duplicates: 100%
  min: {idempotency: 100%}
- id: ready-for-production
  kind: simulate
  timeout: 120s
  state: live
  events: 5000
  max: {error_rate: 0.1%, latency_p95_ms: 200}
""",
    ),
}
"""The words of the verdicts, and YAML."""

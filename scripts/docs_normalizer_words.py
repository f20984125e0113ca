"""What docs/normalizer.md says beside its tables."""

INTRO = """\
A provider's webhook body goes in, canonical events come out: the same form for Cloud API, Evolution API, Baileys and a
simulated provider. No fact is dropped: what nobody here knows is a `whatsapp.unknown` event with everything that it
says. Nothing is remembered, read or sent: the same bytes give the same events.

What is dropped stands around the events of a body and says nothing about them: `object` and `messaging_product`,
contacts that no message is from, whatever a proxy, a workflow tool or a gateway adds (`headers`, `requestId`), marks of
a list (`isLatest`), and fields that all events of a body share where they are too long to be repeated with each of
them (a text of more than 256 characters, more than 64 values). Of a name that is too long a hash is kept.
`--explain` tells of each field whether it is [kept](#from-the-command-line).

A body is also read out of the `[{headers, params, query, body}]` of a workflow tool (`body` alone, or `body_params`),
and of the `sample` that Meta's dashboard shows; and what is left where somebody took the envelope off: of the Cloud API
an entry, a change or a value, of Evolution API a message that its event's name does not stand beside."""

PYTHON = """\
## From Python

`rollout_cli.whatsapp` imports nothing else of this program, and can be used without it. It needs the package `msgspec`.

```python
import json
from datetime import UTC, datetime

from rollout_cli.whatsapp import NormalizeError, normalize

body = b\"\"\"{"object": "whatsapp_business_account", "entry": [{"id": "200000000000001", "changes": [
  {"field": "messages", "value": {"metadata": {"phone_number_id": "100000000000001"}, "messages": [
    {"from": "5541999990101", "id": "wamid.EXAMPLE", "timestamp": "1790857800", "type": "text",
     "text": {"body": "Is the blue one still there?"}}]}}]}]}\"\"\"

received_at = datetime.now(UTC)
for event in normalize("cloud_api", body, received_at=received_at, tenant="shop"):
    print(event.event_type, event.message.text)
    print(event.trace.idempotency_key)
    print(event.routing.thread_key)
(again,) = normalize("cloud_api", json.dumps(event.raw).encode(), received_at=received_at, tenant="shop")
print(again == event)
try:
    normalize("cloud_api", b"<html>", received_at=datetime.now(UTC))
except NormalizeError as error:
    print(error.reason, error.message)
```

```text
whatsapp.message.inbound Is the blue one still there?
shop:cloud_api:msg:100000000000001:wamid.EXAMPLE
shop:100000000000001:5541999990101
True
not_json the body is not JSON: invalid character (byte 0)
```

`event` is the provider's event where it stands in the address or in a callback (`messages.upsert`), `instance` is used
where the body names none, `headers` are looked at for a correlation id only, and `signature_valid` is handed on.
`tenant` is whose the body is: the first part of every key and thread, which begin with `:` without one. `received_at`
is when the body came, with its offset from UTC; it stands in for a time that the provider does not tell, also in keys.
So `event.raw` can be normalized again, years later: it gives the same event when it is given the same tenant and
instance, and for what has no time of its own the same `received_at`.

An event has `to_json()`, `to_dict()`, `CanonicalEvent.from_json()` and `to_cloudevents()`. `NormalizeError` is the only
exception that a body can raise; answer it with 400, since no retry makes such a body better."""

COMMAND = """\
## From the command line

[`rollout normalize`](commands.md#rollout-normalize) prints one event a line and needs no project.

```console
$ echo '{"kind": "call", "id": "c-1", "at": 1790857800}' > call.json
$ rollout normalize --provider simulated -q call.json | cut -c 1-116
{"event_id":"7e748041-2709-557e-aa00-47e195d2b7b5","event_type":"whatsapp.call","event_version":"1.0","occurred_at":
$ rollout normalize --provider simulated call.json > events.ndjson
1 body, 1 event, 0 unknown, 0 refused
```

Files are answered in their order, and `-` is standard input. What Evolution API sends, and what came of it:

```console
$ cat > upsert.json <<END
> {"event": "messages.upsert", "instance": "store-1", "data": {
>   "key": {"remoteJid": "5541999990101@s.whatsapp.net", "fromMe": false, "id": "3EB0AA01"},
>   "message": {"conversation": "Is the blue one still there?"}, "messageTimestamp": 1790857800}}
> END
$ rollout normalize --provider evolution --tenant shop -q upsert.json | jq -r '.message.text, .routing.thread_key'
Is the blue one still there?
shop:store-1:5541999990101
$ cat upsert.json | rollout normalize --provider evolution upsert.json - > events.ndjson
2 bodies, 2 events, 0 unknown, 0 refused
$ jq -r .event_id events.ndjson | uniq | wc -l
1
```

`--lines` reads archives with a body a line, however long; `jq` makes one of an array, or of many files. A body that is
refused is told on stderr with its file, line and reason; the others go on, and the exit code is 2:

```console
$ echo '[{"kind": "call", "id": "c-1"}, {"kind": "call", "id": "c-2"}, 7]' > array.json
$ jq -c '.[]' array.json | rollout normalize --provider simulated --lines - > events.ndjson; echo "exit code $?"
standard input:3: not_an_object: the body is JSON, but not an object
  -> send the raw bytes of the request, unchanged
3 bodies, 2 events, 0 unknown, 1 refused
exit code 2
```

The answer is JSON lines, with or without `--format json`. `--explain` shows which field of a body went where, and no
value of it; for programs with `--format json`, one document a body:

```console
$ echo '{"kind": "call", "id": "c-1", "from": {"phone": "5541999990101"}, "ring": 3}' > call.json
$ rollout normalize --provider simulated --explain -q --format json call.json | cut -c 1-88
{"schema": "rollout/normalize-explain/v1", "provider": "simulated", "file": "call.json",
$ rollout normalize --provider simulated --explain call.json
call.json: 1 event
  whatsapp.call, key call
  kind       -> decides what kind of event it is
  id         -> trace.idempotency_key
  from.phone -> routing.thread_key, actor.wa_id, actor.phone, context.chat_id, context.chat_aliases.0
  ring       -> raw only
1 body, 1 event, 0 unknown, 0 refused
```

It changes every field, one at a time, and looks at what else changes; so it is true of the code as it is. `decides`:
with another value the body would tell another kind or number of events, or be refused. `raw only`: the event holds it
in `raw` and nowhere else. `not kept`: it stands around the events and says nothing about them. `kept` of a document is
whether `raw` has the field, and null where every other value is refused."""

ENVELOPE = """\
## The event

Version 1.0. Every key is always there, with null for what a provider does not say. Ids stand as the provider wrote
them. The [JSON Schema](canonical-event-1.0.json) is published; a new key may come with a new minor version, and a key
never changes its meaning. The names behind a key are those of its own keys."""

OUTER = {
    "event_id": "a UUIDv5 of the idempotency key",
    "event_type": "what happened; see below",
    "event_version": "`1.0`",
    "occurred_at": "when it happened as the provider says, else when it was received; UTC",
    "details": "what an event says that is neither a message nor a status: members, a call, a connection, a field",
    "raw": "a body of its own with what the event was read from alone, without credentials; see below",
}

KEYS = """\
## Keys

`trace.idempotency_key` is `tenant:provider:kind:instance:part…`; a colon or percent sign within a part is escaped
(`%3A`, `%25`). `event_id` is a UUIDv5 of it, so both are the same for the same fact.

- The same fact gives the same key: told again, in another batch, as `send.message` and `messages.upsert`, under a phone
  and then under a LID.
- Different facts never share one: a status, an edit or a revoke has a key of its own beside its message's, and a stub
  (`stub`) never takes the key of the content that comes after it (`msg`).
- `instance` in a key is the phone number's id (Cloud API), the instance's UUID or name (Evolution), or what the caller
  says. Evolution's edits and revokes have its name always: only some of their shapes tell the UUID.
- `{participant}` and `{participants}` are the LID or BSUID of whoever has one in the body, else the phone. Told by the
  LID alone in one body and by the phone alone in another, one fact has two keys: nothing in them says that it is one
  person. `{participant}` is empty outside of groups. `{hash}` stands for what has no id of its own.
- `{delivery}` is the time that the body says it was sent at. A state without one (a connection, a presence, a contact,
  a chat) has the time of receipt instead: it is one fact for each delivery. Unknown events and those of Cloud API's
  accounts have nothing instead: two deliveries of the same words without a time are one fact.
- Evolution's `date_time` is a part of such keys as it is written: it tells deliveries apart, and is never a time.
- That somebody joined or left a group, told by a stub and by `group-participants.update`, has one key with Baileys
  where both came in one minute: the second has no time of its own. Evolution hands on the second only.
- An edit that Evolution tells in `messages.edited` and in `messages.update` has two keys: the second has no time, and
  what it reads now cannot stand for it, because the same words may be put back later.
- Without an id, what the element says stands for it (`anonymous:{instance}:{kind}:{hash}`, flagged `no_id`).

Keep a unique constraint on the key and insert or ignore: near-simultaneous duplicates are usual. Providers retry for up
to seven days."""

IDENTITY = """\
## Who, and which thread

An id is a phone, a LID or a BSUID by its server and shape, never by the name of its field: `@s.whatsapp.net`, `@c.us`
and digits are phones, `@lid` is a LID, `BR.…` is a BSUID. A LID is never taken for a phone. Ids are kept as written.

`routing.thread_key` is `tenant:instance:counterpart` for a private chat, whoever writes, and the group for a group.
Status posts and channels are no conversations and have none. A person may be known by a phone today and by a LID
tomorrow: `context.chat_aliases` has every id that a body tells, for a table of aliases.

`match_keys(id)` gives the spellings under which one phone may be known, for lookups only (Brazil's ninth digit,
Argentina's 9, Mexico's 1):

```python
from rollout_cli.whatsapp.match_keys import match_keys

print(sorted(match_keys("5541999990101:12@s.whatsapp.net")))
```

```text
['554199990101', '5541999990101']
```"""

TIMES = """\
## Times and flags

`occurred_at` is when it happened as the provider says, in UTC. Evolution's `date_time` is local time that calls itself
UTC and is never used as a time. `security.risk_flags` says what is wrong with an event:"""

FLAGS = {
    "time_missing": "what has a time in other bodies has none here: it is that of receipt",
    "time_absurd": "the time is before 2009 or more than a day ahead: it is kept as told",
    "no_id": "it should have an id and has none",
    "request_failed": "a request about a group was answered with errors: nothing happened",
    "unreadable": "a mistake of this program: it is kept as `whatsapp.unknown`; please report it",
}

LIMITS = """\
## What is refused

A body is at most {bytes} bytes long and {depth} levels deep. `NormalizeError` has a `reason` that programs can rely on,
a `message` without any part of the body, and a `hint`:"""

REASONS = {
    "not_json": "it is not JSON: empty, cut off, or with `NaN` in it",
    "not_utf8": "its bytes are no UTF-8, but UTF-16 perhaps",
    "not_an_object": "it is JSON, but not what that provider sends: a number, a list of numbers",
    "too_deep": "it is nested too deeply",
    "too_large": "it is too long",
    "number_out_of_range": "it has a number that no double holds",
    "unknown_provider": "there is no provider of that name",
    "foreign_format": "it is another server's format, such as that of evolution-go",
}

RAW = """\
## `raw`, and credentials

`raw` is a body of its own, with what the event was read from and nothing of its neighbours: of a batch one message, in
the envelope that it came in. It holds what the event has no key for, and normalized again it gives the same event.
Long arrays of bytes are written in base64.

Evolution puts the key of its instance into every body, and with the WhatsApp Business channel that is Meta's access
token. Whatever is named like a credential is `[REDACTED]` before it leaves: {credentials}, in any spelling. Of
addresses of servers ({addresses}) user, password, query and fragment are taken away.

Credentials are found by the names of fields only, also in JSON that stands in a string where the field's name ends in
`json` (a flow's `response_json`, an interactive message's `paramsJson`) or is `disconnectionObject`. Codes to pair with
are credentials: `qrcode`, and what else an event of a connection or of a code shows it in. What stands inside of any
other string stays in `raw`, also where somebody wrote JSON. Everything else is there, too: phones, names and texts are
personal data."""

SIMULATED = """\
## The simulated shape

For tests and simulations: one plain shape that can tell whatever the other providers tell."""

CLOUD_EVENTS = """\
## CloudEvents

`to_cloudevents()` is the event as a CloudEvent 1.0 in its JSON format: `id` is `event_id`, `type` the event type,
`source` `/whatsapp/{provider}/{instance}`, `subject` the thread, and `data` all of `to_dict()`."""

SIGNATURE = """\
## Signature and handshake

Cloud API signs the raw bytes with the app's secret; check them before they are decoded. Other providers sign nothing.
`challenge` takes one string for each name of the query: `dict(parse_qsl(text))`, not the lists of `parse_qs`.

```python
import hashlib
import hmac

from rollout_cli.whatsapp import challenge, verify_signature

body, secret = b'{"object": "whatsapp_business_account", "entry": []}', "app-secret"
header = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()  # X-Hub-Signature-256
print(verify_signature(body, header, secret), verify_signature(body + b" ", header, secret))

query = {"hub.mode": "subscribe", "hub.verify_token": "webhook-token", "hub.challenge": "1158201444"}
print(challenge(query, "webhook-token"))  # answer this as text/plain; None: answer 403
```

```text
True False
1158201444
```"""

TABLES = """\
## What becomes of what

A key stands behind `tenant:provider:`; `…` is for parts that no other row has."""

PROVIDERS = {
    "cloud_api": ("Cloud API", "Any number of entries, changes, messages and statuses in one body, mixed."),
    "evolution": (
        "Evolution API",
        "Versions 1 and 2. `messages.upsert`, `MESSAGES_UPSERT` and `messages-upsert` are one.",
    ),
    "baileys": ("Baileys", "Versions 6.7 and 7: raw events, single messages, and what gateways put around them."),
    "simulated": ("Simulated", "The shape is described [above](#the-simulated-shape)."),
}

-- A store as rollout 0.1.0 left it, with the schema 0001: two yeses, three revisions.
BEGIN TRANSACTION;
CREATE TABLE rollout_attestations (
	id INTEGER NOT NULL,
	rollout VARCHAR(64) NOT NULL,
	check_id VARCHAR(64) NOT NULL,
	actor TEXT NOT NULL,
	at VARCHAR(32) NOT NULL,
	note TEXT NOT NULL,
	expires_at VARCHAR(32),
	plan_digest VARCHAR(64) NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "rollout_attestations" VALUES(1,'test-rollout','trained','ann','2026-11-24T15:03:38.563019Z','all fïve','2026-12-24T15:03:38.563019Z','976b1b82affa876dff85230d8f6bbc1b2b32fe90a7d819d0b47f3e4f5d648f50');
INSERT INTO "rollout_attestations" VALUES(2,'test-rollout','for-ever','ann','2026-11-24T15:03:39.534734Z','',NULL,'976b1b82affa876dff85230d8f6bbc1b2b32fe90a7d819d0b47f3e4f5d648f50');
CREATE TABLE rollout_heads (
	rollout VARCHAR(64) NOT NULL,
	revision INTEGER NOT NULL,
	hash VARCHAR(64) NOT NULL,
	PRIMARY KEY (rollout)
);
INSERT INTO "rollout_heads" VALUES('test-rollout',3,'40741149d274c54d3337a263369dad8fcbca4334705dafe5150060974f4f4541');
CREATE TABLE rollout_revisions (
	rollout VARCHAR(64) NOT NULL,
	revision INTEGER NOT NULL,
	hash VARCHAR(64) NOT NULL,
	record TEXT NOT NULL,
	PRIMARY KEY (rollout, revision)
);
INSERT INTO "rollout_revisions" VALUES('test-rollout',1,'5ede8659d154639fbc5b17cf7e661df722ddf105af8dae14b7e412b5e935381b','{"rollout":"test-rollout","revision":1,"at":"2026-11-24T15:03:40.634195Z","action":"advance","actor":"ann","reason":"","stage":"active","from":null,"to":{"phase":0,"name":"development","percent":null},"entered_at":"2026-11-24T15:03:40.634195Z","base":null,"forced":false,"snapshot":{"rollout":"test-rollout","bucketing":"flagd-v3","targeting_key":"shopper_id","flags":{"EVENTS":{"definition":{"type":"boolean","default":false,"values":[],"requires":[],"salt":null},"state":{"enabled":true,"percent":null,"value":null,"shadow":false,"allowlist":[],"denylist":[]}}}},"denied_by_hand":{},"changes":[{"flag":"EVENTS","field":"enabled","before":false,"after":true}],"checks":[{"id":"trained","kind":"attestation","verdict":"PASS","message":"attested by ann on 2026-11-24, until 2026-12-24 15:03 UTC","evidence":{"actor":"ann","at":"2026-11-24T15:03:38.563019Z","note":"all f\u00efve","expires_at":"2026-12-24T15:03:38.563019Z"},"hint":"","title":"Trained"},{"id":"for-ever","kind":"attestation","verdict":"PASS","message":"attested by ann on 2026-11-24","evidence":{"actor":"ann","at":"2026-11-24T15:03:39.534734Z","note":"","expires_at":null},"hint":"","title":""}],"plan_digest":"976b1b82affa876dff85230d8f6bbc1b2b32fe90a7d819d0b47f3e4f5d648f50","previous_hash":"0000000000000000000000000000000000000000000000000000000000000000"}');
INSERT INTO "rollout_revisions" VALUES('test-rollout',2,'9583c9300dee9aaa7b0e76c8133dcc5bf15964c8245c0271d48da60c72c708d1','{"rollout":"test-rollout","revision":2,"at":"2026-11-24T15:03:41.720513Z","action":"advance","actor":"ann","reason":"","stage":"active","from":{"phase":0,"name":"development","percent":null},"to":{"phase":1,"name":"staging","percent":null},"entered_at":"2026-11-24T15:03:41.720513Z","base":null,"forced":false,"snapshot":{"rollout":"test-rollout","bucketing":"flagd-v3","targeting_key":"shopper_id","flags":{"EVENTS":{"definition":{"type":"boolean","default":false,"values":[],"requires":[],"salt":null},"state":{"enabled":true,"percent":null,"value":null,"shadow":false,"allowlist":[],"denylist":[]}}}},"denied_by_hand":{},"changes":[],"checks":[],"plan_digest":"976b1b82affa876dff85230d8f6bbc1b2b32fe90a7d819d0b47f3e4f5d648f50","previous_hash":"5ede8659d154639fbc5b17cf7e661df722ddf105af8dae14b7e412b5e935381b"}');
INSERT INTO "rollout_revisions" VALUES('test-rollout',3,'40741149d274c54d3337a263369dad8fcbca4334705dafe5150060974f4f4541','{"rollout":"test-rollout","revision":3,"at":"2026-11-24T15:03:42.617350Z","action":"deny","actor":"ann","reason":"","stage":"active","from":{"phase":1,"name":"staging","percent":null},"to":{"phase":1,"name":"staging","percent":null},"entered_at":"2026-11-24T15:03:41.720513Z","base":null,"forced":false,"snapshot":{"rollout":"test-rollout","bucketing":"flagd-v3","targeting_key":"shopper_id","flags":{"EVENTS":{"definition":{"type":"boolean","default":false,"values":[],"requires":[],"salt":null},"state":{"enabled":true,"percent":null,"value":null,"shadow":false,"allowlist":[],"denylist":[]}}}},"denied_by_hand":{"EVENTS":["bob"]},"changes":[{"flag":"EVENTS","field":"denylist","before":[],"after":["bob"]}],"checks":[],"plan_digest":"976b1b82affa876dff85230d8f6bbc1b2b32fe90a7d819d0b47f3e4f5d648f50","previous_hash":"9583c9300dee9aaa7b0e76c8133dcc5bf15964c8245c0271d48da60c72c708d1"}');
CREATE TABLE rollout_schema (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT rollout_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "rollout_schema" VALUES('0001');
CREATE INDEX rollout_attestations_by_check ON rollout_attestations (rollout, check_id);
COMMIT;

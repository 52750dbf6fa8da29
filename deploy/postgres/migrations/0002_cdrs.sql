-- What billing keeps: a row a finished call, and how far it has read the topic `calls`.

CREATE TABLE cdrs (
  call_id text PRIMARY KEY,
  tenant_id bigint NOT NULL,  -- no foreign key: a CDR outlives its account
  sequence bigint NOT NULL,  -- of the ENDED event that it was made of
  caller text NOT NULL,
  caller_name text NOT NULL,
  dialled text NOT NULL,
  callee text NOT NULL,
  answered_by text NOT NULL,
  caller_user_id bigint NOT NULL,
  callee_user_id bigint NOT NULL,
  started_at timestamptz NOT NULL,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz NOT NULL,
  duration_ms bigint NOT NULL CHECK (duration_ms >= 0),  -- from the answer
  outcome text NOT NULL CHECK (outcome IN ('answered', 'cancelled', 'busy', 'no_answer', 'declined',
                                           'not_found', 'unreachable', 'failed')),
  sip_code integer NOT NULL,
  reason text NOT NULL,
  hung_up_by text NOT NULL CHECK (hung_up_by IN ('', 'caller', 'callee', 'platform')),
  sip_call_id text NOT NULL,
  node text NOT NULL
);
CREATE INDEX cdrs_newest ON cdrs (started_at DESC, call_id DESC);
CREATE INDEX cdrs_tenant ON cdrs (tenant_id, started_at DESC, call_id DESC);
CREATE INDEX cdrs_caller ON cdrs (caller, started_at DESC);
CREATE INDEX cdrs_callee ON cdrs (callee, started_at DESC);

-- Written in the transaction of the rows that were made of what was read. `generation` grows each
-- time a process takes a partition over, so that one which lost it cannot write any more.
CREATE TABLE kafka_offsets (
  topic text NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,  -- -2: from the oldest
  generation bigint NOT NULL,
  owner text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, partition)
);

-- Events that no CDR could be made of, for people to look at.
CREATE TABLE bad_events (
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL,
  key bytea NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (topic, partition, "offset")
);

-- The platform sees all, others what belongs to accounts at or below their scope.
ALTER TABLE cdrs ENABLE ROW LEVEL SECURITY;
ALTER TABLE cdrs FORCE ROW LEVEL SECURITY;
CREATE POLICY at_or_below_scope ON cdrs
  USING (pbx_scope() = '1' OR tenant_id IN (SELECT id FROM accounts WHERE path <@ pbx_scope()))
  WITH CHECK (pbx_scope() = '1');
ALTER TABLE bad_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE bad_events FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_only ON bad_events USING (pbx_scope() = '1') WITH CHECK (pbx_scope() = '1');

GRANT USAGE ON SCHEMA public TO pbx_billing;
GRANT SELECT, INSERT, UPDATE ON cdrs, kafka_offsets TO pbx_billing;
GRANT SELECT, INSERT ON bad_events TO pbx_billing;
GRANT SELECT (id, path) ON accounts TO pbx_billing;
GRANT SELECT ON schema_migrations TO pbx_billing;

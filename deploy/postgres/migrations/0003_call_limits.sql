-- How many calls may be in progress at a time, and whether a phone is told who calls. 0: see
-- pbx/events/v1/directory.proto.

ALTER TABLE accounts
  ADD COLUMN max_calls integer NOT NULL DEFAULT 0 CHECK (max_calls >= 0),
  ADD COLUMN max_user_calls integer NOT NULL DEFAULT 0 CHECK (max_user_calls >= 0);
ALTER TABLE users ADD COLUMN max_calls integer NOT NULL DEFAULT 0 CHECK (max_calls >= 0);
ALTER TABLE devices
  ADD COLUMN caller_identity smallint NOT NULL DEFAULT 0 CHECK (caller_identity IN (0, 1, 2));

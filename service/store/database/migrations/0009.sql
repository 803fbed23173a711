-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 9: rollouts, devices on their way to another owner, who began an operation.

CREATE TABLE rollout (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout      BLOB NOT NULL UNIQUE CHECK (length(rollout) = 16),
    device_group INTEGER NOT NULL REFERENCES device_group ON DELETE CASCADE,
    state        INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),    -- Active, Paused, Stopped, Aborted, Completed
    steps        TEXT NOT NULL,                                     -- percentages with commas between
    step         INTEGER NOT NULL,                                  -- which one it is at, from 0
    share        INTEGER NOT NULL,                                  -- devices of this many of 10,000 buckets
    soak_s       INTEGER NOT NULL,                                  -- a step lasts at least
    threshold    INTEGER NOT NULL,                                  -- per cent of failed devices, beyond which it stops
    minimum      INTEGER NOT NULL,                                  -- devices offered before it is judged
    step_ms      INTEGER NOT NULL,                                  -- since when it is at this step
    offered      INTEGER NOT NULL DEFAULT 0,
    updated      INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0,
    step_offered INTEGER NOT NULL DEFAULT 0,                        -- of this step alone
    step_updated INTEGER NOT NULL DEFAULT 0,
    reason       TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    changed_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX rollout_by_group ON rollout (device_group, id);
CREATE UNIQUE INDEX rollout_running ON rollout (device_group) WHERE state IN (1, 2);

CREATE TABLE rollout_image (
    rollout INTEGER NOT NULL REFERENCES rollout ON DELETE CASCADE,
    image   INTEGER NOT NULL REFERENCES image,
    PRIMARY KEY (rollout, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollout_by_image ON rollout_image (image);

CREATE TABLE rollout_device (
    rollout INTEGER NOT NULL REFERENCES rollout ON DELETE CASCADE,
    device  INTEGER NOT NULL REFERENCES device,
    state   INTEGER NOT NULL CHECK (state IN (1, 2, 3)),            -- offered, has it, failed
    PRIMARY KEY (rollout, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollout_by_device ON rollout_device (device);

-- A device that its owner lets go: until the token of this name is used, or its time is over.
CREATE TABLE handover (
    device     INTEGER NOT NULL PRIMARY KEY REFERENCES device,
    catalog    INTEGER NOT NULL REFERENCES catalog ON DELETE CASCADE,
    name       BLOB NOT NULL UNIQUE CHECK (length(name) = 16),
    created_by TEXT NOT NULL,
    expires_s  INTEGER NOT NULL
) STRICT;

ALTER TABLE operation ADD COLUMN principal TEXT NOT NULL DEFAULT '';

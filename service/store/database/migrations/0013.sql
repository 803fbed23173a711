-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 13: rollouts of OS releases; devices that fall silent in a rollout of either kind.

-- Update checks that a device may miss before it counts as failed; 0: any number of them.
ALTER TABLE rollout ADD COLUMN silent_checks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rollout ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;           -- of the failed ones
ALTER TABLE rollout_device ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;    -- 1: counted as failed for that
ALTER TABLE rollout_device ADD COLUMN since_s INTEGER NOT NULL DEFAULT 0;   -- in this state

-- Columns of the same names as in rollout mean the same.
CREATE TABLE os_rollout (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout       BLOB NOT NULL UNIQUE CHECK (length(rollout) = 16),
    os_release    INTEGER NOT NULL REFERENCES os_release,
    hardware      INTEGER NOT NULL,                                 -- that the release is for
    state         INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
    steps         TEXT NOT NULL,
    step          INTEGER NOT NULL,
    share         INTEGER NOT NULL,
    soak_s        INTEGER NOT NULL,
    threshold     INTEGER NOT NULL,
    minimum       INTEGER NOT NULL,
    silent_checks INTEGER NOT NULL,
    step_ms       INTEGER NOT NULL,
    offered       INTEGER NOT NULL DEFAULT 0,
    updated       INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    silent        INTEGER NOT NULL DEFAULT 0,
    step_offered  INTEGER NOT NULL DEFAULT 0,
    step_updated  INTEGER NOT NULL DEFAULT 0,
    reason        TEXT NOT NULL,
    created_by    TEXT NOT NULL,
    created_ms    INTEGER NOT NULL,
    changed_ms    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX os_rollout_running ON os_rollout (hardware) WHERE state IN (1, 2);
CREATE INDEX os_rollout_by_release ON os_rollout (os_release);

CREATE TABLE os_rollout_device (
    rollout INTEGER NOT NULL REFERENCES os_rollout ON DELETE CASCADE,
    device  INTEGER NOT NULL REFERENCES device,
    state   INTEGER NOT NULL CHECK (state IN (1, 2, 3)),            -- offered, has it, failed
    silent  INTEGER NOT NULL,
    since_s INTEGER NOT NULL,
    PRIMARY KEY (rollout, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX os_rollout_by_device ON os_rollout_device (device);

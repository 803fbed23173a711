-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 15: operations that go on after the process that ran them died.

ALTER TABLE operation ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0;   -- -(code of lib/err.h) that the store ended it with
ALTER TABLE operation ADD COLUMN tenant BLOB CHECK (tenant IS NULL OR length(tenant) = 16); -- whose CA is to be made
ALTER TABLE operation ADD COLUMN runner BLOB CHECK (runner IS NULL OR length(runner) = 16); -- the service that is at it
ALTER TABLE operation ADD COLUMN lease_ms INTEGER NOT NULL DEFAULT 0;  -- until then; afterwards anybody may take it
ALTER TABLE operation ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
CREATE INDEX operation_running ON operation (lease_ms) WHERE ended_ms = 0;

-- What OPERATION_RUN carries out, in chunks as image packages are; goes with the end.
CREATE TABLE operation_request (
    operation INTEGER NOT NULL REFERENCES operation ON DELETE CASCADE,
    number    INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (operation, number)
) STRICT, WITHOUT ROWID;

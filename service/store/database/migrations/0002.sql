-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 2: who may do what, and what was done.

-- A role of one principal at one place.  The place is the row that level names; a
-- device keeps its catalog beside it, so that a role ends with the device's stay there.
CREATE TABLE role_assignment (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    assignment   BLOB NOT NULL UNIQUE CHECK (length(assignment) = 16),
    principal    TEXT NOT NULL,
    role         INTEGER NOT NULL CHECK (role BETWEEN 1 AND 4),     -- Reader, Publisher, Contributor, Owner
    level        INTEGER NOT NULL CHECK (level BETWEEN 0 AND 4),    -- service, catalog, product, group, device
    catalog      INTEGER REFERENCES catalog ON DELETE CASCADE,
    product      INTEGER REFERENCES product ON DELETE CASCADE,
    device_group INTEGER REFERENCES device_group ON DELETE CASCADE,
    device       INTEGER REFERENCES device ON DELETE CASCADE,
    created_by   TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    CHECK ((level = 0) = (catalog IS NULL)),
    CHECK ((level = 2) = (product IS NOT NULL)),
    CHECK ((level = 3) = (device_group IS NOT NULL)),
    CHECK ((level = 4) = (device IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX role_assignment_once ON role_assignment (principal, role, level,
    coalesce(catalog, 0), coalesce(product, 0), coalesce(device_group, 0), coalesce(device, 0));
CREATE INDEX role_assignment_by_catalog ON role_assignment (catalog);
CREATE INDEX role_assignment_by_product ON role_assignment (product);
CREATE INDEX role_assignment_by_group ON role_assignment (device_group);
CREATE INDEX role_assignment_by_device ON role_assignment (device);

-- Append-only: the program has no statement that changes or removes a row.
CREATE TABLE audit (
    sequence   INTEGER PRIMARY KEY,
    time_ms    INTEGER NOT NULL,
    principal  TEXT NOT NULL,
    action     TEXT NOT NULL,
    path       TEXT NOT NULL,
    detail     TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest     BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 18: roles at a subscription and at a resource group; the levels count from the service down.
-- Rows keep their order; nothing names them by id.

CREATE TABLE role_assignment_new (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    assignment     BLOB NOT NULL UNIQUE CHECK (length(assignment) = 16),
    principal      TEXT NOT NULL,
    role           INTEGER NOT NULL CHECK (role BETWEEN 1 AND 4),   -- Reader, Publisher, Contributor, Owner
    level          INTEGER NOT NULL CHECK (level BETWEEN 0 AND 6),  -- service/ipc/access.h
    subscription   TEXT COLLATE NOCASE,                             -- of level 1 alone, which has no row of its own
    resource_group INTEGER REFERENCES resource_group ON DELETE CASCADE,
    catalog        INTEGER REFERENCES catalog ON DELETE CASCADE,
    product        INTEGER REFERENCES product ON DELETE CASCADE,
    device_group   INTEGER REFERENCES device_group ON DELETE CASCADE,
    device         INTEGER REFERENCES device ON DELETE CASCADE,
    created_by     TEXT NOT NULL,
    created_ms     INTEGER NOT NULL,
    CHECK ((level = 1) = (subscription IS NOT NULL)),
    CHECK ((level = 2) = (resource_group IS NOT NULL)),
    CHECK ((level >= 3) = (catalog IS NOT NULL)),
    CHECK ((level = 4) = (product IS NOT NULL)),
    CHECK ((level = 5) = (device_group IS NOT NULL)),
    CHECK ((level = 6) = (device IS NOT NULL))
) STRICT;
INSERT INTO role_assignment_new (assignment, principal, role, level, catalog, product, device_group, device, created_by, created_ms)
    SELECT assignment, principal, role, CASE level WHEN 0 THEN 0 ELSE level + 2 END, catalog, product, device_group, device,
           created_by, created_ms FROM role_assignment ORDER BY id;
DROP TABLE role_assignment;
ALTER TABLE role_assignment_new RENAME TO role_assignment;
CREATE UNIQUE INDEX role_assignment_once ON role_assignment (principal, role, level, coalesce(subscription, '') COLLATE NOCASE,
    coalesce(resource_group, 0), coalesce(catalog, 0), coalesce(product, 0), coalesce(device_group, 0), coalesce(device, 0));
CREATE INDEX role_assignment_by_resource_group ON role_assignment (resource_group);
CREATE INDEX role_assignment_by_catalog ON role_assignment (catalog);
CREATE INDEX role_assignment_by_product ON role_assignment (product);
CREATE INDEX role_assignment_by_group ON role_assignment (device_group);
CREATE INDEX role_assignment_by_device ON role_assignment (device);

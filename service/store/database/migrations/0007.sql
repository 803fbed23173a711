-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 7: resource groups as rows of their own; those of the catalogs there are.
-- location '': global.  tags '': none.
CREATE TABLE resource_group (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL COLLATE NOCASE,
    name         TEXT NOT NULL COLLATE NOCASE,
    location     TEXT NOT NULL,
    tags         TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    UNIQUE (subscription, name)
) STRICT;
INSERT INTO resource_group (subscription, name, location, tags, created_by, created_ms)
    SELECT subscription, resource_group, '', '', '', min(created_ms) FROM catalog
    GROUP BY subscription, resource_group;

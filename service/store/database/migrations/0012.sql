-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 12: how many devices stand where, kept by whoever moves one (service/store/counts.c), so that
-- nothing counts the fleet; and indexes in which a page of a list is read in its order.

-- catalog NULL: all that are registered.  device_group NULL: of the catalog, and in no group.
CREATE TABLE device_count (
    catalog      INTEGER REFERENCES catalog ON DELETE CASCADE,
    device_group INTEGER REFERENCES device_group ON DELETE CASCADE,
    count        INTEGER NOT NULL,
    CHECK (device_group IS NULL OR catalog IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX device_count_once ON device_count (coalesce(catalog, 0), coalesce(device_group, 0));
CREATE INDEX device_count_by_catalog ON device_count (catalog);
CREATE INDEX device_count_by_group ON device_count (device_group);
INSERT INTO device_count (catalog, device_group, count) SELECT NULL, NULL, count(*) FROM device;
INSERT INTO device_count (catalog, device_group, count)
    SELECT catalog, device_group, count(*) FROM device WHERE catalog IS NOT NULL GROUP BY catalog, device_group;

DROP INDEX device_by_catalog;
DROP INDEX device_by_group;
CREATE INDEX device_by_catalog ON device (catalog, id);
CREATE INDEX device_by_group ON device (device_group, id);
CREATE INDEX device_unassigned ON device (catalog, id) WHERE device_group IS NULL;
CREATE INDEX operation_by_start ON operation (started_ms);
CREATE INDEX handover_by_catalog ON handover (catalog);

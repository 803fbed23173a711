-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 16: crash dumps, as devices sealed them (docs/spec/crash-dump.md).
CREATE TABLE crash_dump (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    dump         BLOB NOT NULL CHECK (length(dump) = 16),
    catalog      INTEGER NOT NULL REFERENCES catalog ON DELETE CASCADE,
    device_group INTEGER NOT NULL REFERENCES device_group ON DELETE CASCADE,  -- whose consent it was made with
    device       INTEGER NOT NULL REFERENCES device,
    component    BLOB NOT NULL CHECK (length(component) = 16),
    image        BLOB NOT NULL CHECK (length(image) = 16),
    signal       INTEGER NOT NULL,
    crashed_s    INTEGER NOT NULL,               -- as the device says
    received_s   INTEGER NOT NULL,
    expires_s    INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,               -- of the core
    sealed       BLOB NOT NULL,                  -- all that came, sealed once more by the store
    UNIQUE (catalog, dump)
) STRICT;
CREATE INDEX crash_dump_by_catalog ON crash_dump (catalog, id);
CREATE INDEX crash_dump_by_group ON crash_dump (device_group);
CREATE INDEX crash_dump_by_device ON crash_dump (device);
CREATE INDEX crash_dump_by_end ON crash_dump (expires_s);

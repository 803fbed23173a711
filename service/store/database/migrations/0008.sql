-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 8: equal crashes across the devices of a catalog.

CREATE TABLE crash_group (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    crash_group BLOB NOT NULL UNIQUE CHECK (length(crash_group) = 16),
    catalog     INTEGER NOT NULL REFERENCES catalog ON DELETE CASCADE,
    component   BLOB NOT NULL CHECK (length(component) = 16),
    image       BLOB NOT NULL CHECK (length(image) = 16),
    signal      INTEGER NOT NULL,
    site        TEXT NOT NULL,                  -- file+place, or the program counter; '' when it is not known
    first_s     INTEGER NOT NULL,               -- as the devices say
    last_s      INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    devices     INTEGER NOT NULL,               -- rows of crash_device
    last_hour   INTEGER NOT NULL,               -- of the last report's arrival, Unix hours
    growing_s   INTEGER NOT NULL,               -- since when it grows; 0: it does not
    UNIQUE (catalog, component, image, signal, site)
) STRICT;
CREATE INDEX crash_group_by_hour ON crash_group (last_hour);
CREATE INDEX crash_group_by_age ON crash_group (catalog, last_hour);

CREATE TABLE crash_device (
    crash_group INTEGER NOT NULL REFERENCES crash_group ON DELETE CASCADE,
    device      INTEGER NOT NULL REFERENCES device,
    PRIMARY KEY (crash_group, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX crash_device_by_device ON crash_device (device);

-- Crashes by the hour in which their report came, of the last seven days.
CREATE TABLE crash_hour (
    crash_group INTEGER NOT NULL REFERENCES crash_group ON DELETE CASCADE,
    hour        INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (crash_group, hour)
) STRICT, WITHOUT ROWID;

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 19: when a device was heard last, in a narrow table of its own: three hundred devices a page instead of
-- twelve, so that the check-ins of a whole fleet write a few pages again and again (service/store/checkins.c).
CREATE TABLE device_seen (
    device INTEGER NOT NULL PRIMARY KEY REFERENCES device,
    last_s INTEGER NOT NULL                                 -- of its last update request; 0: never
) STRICT;
INSERT INTO device_seen (device, last_s) SELECT id, last_request_s FROM device;
ALTER TABLE device DROP COLUMN last_request_s;

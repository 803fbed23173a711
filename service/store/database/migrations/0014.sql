-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 14: what a device's part in a crash group is; which events are of the OS.

-- As the device says, within what the service knows (crash_groups.c).  0 of what is older than this schema.
ALTER TABLE crash_device ADD COLUMN count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crash_device ADD COLUMN first_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crash_device ADD COLUMN last_s INTEGER NOT NULL DEFAULT 0;

ALTER TABLE event ADD COLUMN of_os INTEGER NOT NULL DEFAULT 0;   -- 1: its component is one of the OS
CREATE INDEX image_component_of_provider ON image (component) WHERE catalog IS NULL;

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 11: how many crashes of a device count towards the growth of a group, in the hour of its last report.
ALTER TABLE crash_device ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crash_device ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;

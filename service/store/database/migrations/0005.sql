-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 5: for which hardware a release is, and which a device has (service/ipc/hardware.h).
-- 0: not known.  The program fills it in for releases that are here already, from their images.
ALTER TABLE os_release ADD COLUMN hardware INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN hardware INTEGER NOT NULL DEFAULT 0;

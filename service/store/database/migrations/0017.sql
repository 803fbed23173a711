-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 17: whose a revoked certificate was, so that a list which is full is full of everybody's;
-- and which devices were ever revoked, so that what they held then stays refused.
ALTER TABLE revocation ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;     -- catalog of the device; 0: of none
ALTER TABLE revocation ADD COLUMN device INTEGER NOT NULL DEFAULT 0;    -- 0: a CA's or an operator's
ALTER TABLE device ADD COLUMN was_revoked INTEGER NOT NULL DEFAULT 0;   -- 1: at some time, whatever it is now
UPDATE device SET was_revoked = 1 WHERE revoked_s > 0 OR EXISTS (
    SELECT 1 FROM certificate c JOIN revocation r ON r.serial = c.serial WHERE c.device = device.id);

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 20: why a device was revoked and who did it, and the revoked ones of a catalog without a look at the others.
ALTER TABLE device ADD COLUMN revoked_reason INTEGER NOT NULL DEFAULT 0;    -- RFC 5280; of a device that is not revoked: nothing
ALTER TABLE device ADD COLUMN revoked_by TEXT NOT NULL DEFAULT '';          -- who did, of the owner that it has; '': not known
CREATE INDEX device_revoked ON device (catalog, id) WHERE revoked_s > 0;
-- What its certificates say that were revoked with it; of a device that has none left, the audit log knows.
UPDATE device SET revoked_reason = coalesce((SELECT r.reason FROM certificate c
        JOIN revocation r ON r.authority = c.kind + 2 AND r.tenant = c.tenant AND r.serial = c.serial
        WHERE c.device = device.id AND r.revoked_s = device.revoked_s ORDER BY r.id LIMIT 1), 0),
    revoked_by = coalesce((SELECT r.revoked_by FROM certificate c
        JOIN revocation r ON r.authority = c.kind + 2 AND r.tenant = c.tenant AND r.serial = c.serial
        WHERE c.device = device.id AND r.revoked_s = device.revoked_s AND r.owner = device.catalog ORDER BY r.id LIMIT 1), '')
    WHERE revoked_s > 0;

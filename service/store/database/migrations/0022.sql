-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 22: the newest rollout that a device was offered, found without a look at those before it.
DROP INDEX rollout_by_device;
DROP INDEX os_rollout_by_device;
CREATE INDEX rollout_by_device ON rollout_device (device, rollout);
CREATE INDEX os_rollout_by_device ON os_rollout_device (device, rollout);

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 1.  Never changed once released: a new need is a new file.
-- Times: _s Unix seconds, _ms Unix milliseconds.  GUIDs: 16 bytes, mixed-endian.
-- Names are compared without case (NOCASE) and kept as first written.

-- Numbers that only rise: see counter_next() in database.c.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE catalog (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant         BLOB NOT NULL UNIQUE CHECK (length(tenant) = 16),
    subscription   TEXT NOT NULL COLLATE NOCASE,
    resource_group TEXT NOT NULL COLLATE NOCASE,
    name           TEXT NOT NULL COLLATE NOCASE,
    tags           TEXT NOT NULL,
    created_by     TEXT NOT NULL,
    modified_by    TEXT NOT NULL,
    created_ms     INTEGER NOT NULL,
    modified_ms    INTEGER NOT NULL,
    UNIQUE (subscription, resource_group, name)
) STRICT;

CREATE TABLE product (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    catalog     INTEGER NOT NULL REFERENCES catalog,
    name        TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL,
    UNIQUE (catalog, name)
) STRICT;

CREATE TABLE device_group (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    product     INTEGER NOT NULL REFERENCES product ON DELETE CASCADE,
    name        TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL,
    feed        INTEGER NOT NULL CHECK (feed IN (0, 1)),        -- Retail, RetailEval
    policy      INTEGER NOT NULL CHECK (policy IN (0, 1)),      -- UpdateAll, No3rdPartyAppUpdates
    crash_dumps INTEGER NOT NULL CHECK (crash_dumps IN (0, 1)),
    boundary    INTEGER NOT NULL CHECK (boundary IN (0, 1)),    -- None, EU
    sequence    INTEGER NOT NULL,                               -- of its last change or deployment
    UNIQUE (product, name)
) STRICT;

CREATE TABLE device (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id           BLOB NOT NULL UNIQUE CHECK (length(device_id) = 64),
    chip_sku            TEXT NOT NULL,
    registered_ms       INTEGER NOT NULL,
    catalog             INTEGER REFERENCES catalog,
    device_group        INTEGER REFERENCES device_group,
    assignment_sequence INTEGER NOT NULL DEFAULT 0,
    last_request_s      INTEGER NOT NULL DEFAULT 0,             -- 0: never
    installed_os        TEXT NOT NULL DEFAULT '',
    last_os_update_s    INTEGER NOT NULL DEFAULT 0,
    CHECK (device_group IS NULL OR catalog IS NOT NULL)
) STRICT;
CREATE INDEX device_by_catalog ON device (catalog);
CREATE INDEX device_by_group ON device (device_group);

-- catalog NULL: an OS image of the provider.  The file: images/<digest in hex>.
CREATE TABLE image (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    catalog          INTEGER REFERENCES catalog ON DELETE CASCADE,
    image            BLOB NOT NULL CHECK (length(image) = 16),
    component        BLOB NOT NULL CHECK (length(component) = 16),
    type             INTEGER NOT NULL,
    name             TEXT NOT NULL,
    boundary         INTEGER NOT NULL CHECK (boundary IN (0, 1)),
    digest           BLOB NOT NULL CHECK (length(digest) = 32),     -- of the whole package
    reference        BLOB NOT NULL CHECK (length(reference) = 32),  -- what a device measures
    bytes            INTEGER NOT NULL,
    provides_version INTEGER NOT NULL,
    provides_type    INTEGER NOT NULL,
    depends_version  INTEGER NOT NULL,
    depends_type     INTEGER NOT NULL,
    created_ms       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX image_of_catalog ON image (catalog, image) WHERE catalog IS NOT NULL;
CREATE UNIQUE INDEX image_of_provider ON image (image) WHERE catalog IS NULL;
CREATE INDEX image_by_digest ON image (digest);

-- The newest row of a group is its current deployment.
CREATE TABLE deployment (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    device_group INTEGER NOT NULL REFERENCES device_group ON DELETE CASCADE,
    deployment   BLOB NOT NULL UNIQUE CHECK (length(deployment) = 16),
    created_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX deployment_by_group ON deployment (device_group, id);
CREATE TABLE deployment_image (
    deployment INTEGER NOT NULL REFERENCES deployment ON DELETE CASCADE,
    image      INTEGER NOT NULL REFERENCES image,
    PRIMARY KEY (deployment, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX deployment_by_image ON deployment_image (image);

CREATE TABLE os_release (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    version    TEXT NOT NULL UNIQUE COLLATE NOCASE,
    feed       INTEGER NOT NULL CHECK (feed IN (0, 1)),
    state      INTEGER NOT NULL CHECK (state IN (1, 2, 3)),     -- Trusted, Outdated, Revoked
    sequence   INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE os_release_image (
    os_release INTEGER NOT NULL REFERENCES os_release ON DELETE CASCADE,
    image      INTEGER NOT NULL REFERENCES image,
    PRIMARY KEY (os_release, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX os_release_by_image ON os_release_image (image);

CREATE TABLE certificate (
    serial       BLOB PRIMARY KEY CHECK (length(serial) = 16),
    device       INTEGER NOT NULL REFERENCES device,
    kind         INTEGER NOT NULL,
    tenant       BLOB NOT NULL CHECK (length(tenant) = 16),
    not_before_s INTEGER NOT NULL,
    not_after_s  INTEGER NOT NULL,
    key          BLOB NOT NULL CHECK (length(key) = 64)
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_by_device ON certificate (device, not_after_s);

-- Equal events of a device within 24 h of the first are one row.
CREATE TABLE event (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    device      INTEGER NOT NULL REFERENCES device,
    catalog     INTEGER REFERENCES catalog ON DELETE SET NULL,  -- owner when it was reported
    category    INTEGER NOT NULL,
    description TEXT NOT NULL,
    first_s     INTEGER NOT NULL,
    last_s      INTEGER NOT NULL,
    count       INTEGER NOT NULL
) STRICT;
CREATE INDEX event_by_device ON event (device, category, description, first_s);
CREATE INDEX event_by_catalog ON event (catalog, id);

-- Batches of events that were taken, so that a retry counts once.
CREATE TABLE batch (
    device     INTEGER NOT NULL REFERENCES device,
    batch      BLOB NOT NULL CHECK (length(batch) = 16),
    received_s INTEGER NOT NULL,
    PRIMARY KEY (device, batch)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    operation    BLOB NOT NULL UNIQUE CHECK (length(operation) = 16),
    subscription TEXT NOT NULL COLLATE NOCASE,
    kind         TEXT NOT NULL,
    error        INTEGER NOT NULL,                              -- 0: succeeded
    detail       TEXT NOT NULL,
    started_ms   INTEGER NOT NULL,
    ended_ms     INTEGER NOT NULL
) STRICT;

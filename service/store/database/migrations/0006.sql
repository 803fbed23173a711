-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 6: the CAs of catalogs, shared by every service on the database.

-- sealed: key and certificates under a key that issuers alone hold (service/issuer/catalog_record.h).
-- A deleted catalog's CAs stay: their serials were given out.
CREATE TABLE catalog_ca (
    tenant        BLOB NOT NULL CHECK (length(tenant) = 16),
    number        INTEGER NOT NULL,                             -- from 1; the newest has the highest
    serial        BLOB NOT NULL UNIQUE CHECK (length(serial) = 16),
    anchor_serial BLOB NOT NULL UNIQUE CHECK (length(anchor_serial) = 16),
    not_before_s  INTEGER NOT NULL,
    not_after_s   INTEGER NOT NULL,
    active_s      INTEGER NOT NULL,
    revoked_s     INTEGER NOT NULL DEFAULT 0,                   -- 0: it is not
    sealed        BLOB NOT NULL,
    PRIMARY KEY (tenant, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalog_ca_by_end ON catalog_ca (not_after_s);

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 10: what was revoked, and the lists that say so.

-- authority: whose certificate it was (service/ipc/store_pki_ops.h); tenant: of a catalog's CAs, else zero.
CREATE TABLE revocation (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    authority   INTEGER NOT NULL CHECK (authority BETWEEN 1 AND 5),  -- root, operators, OS, update-only, catalog
    tenant      BLOB NOT NULL CHECK (length(tenant) = 16),
    serial      BLOB NOT NULL CHECK (length(serial) = 16),
    reason      INTEGER NOT NULL,                                    -- RFC 5280 section 5.3.1
    revoked_s   INTEGER NOT NULL,
    not_after_s INTEGER NOT NULL,                                    -- 0: not known, listed for ever
    name        TEXT NOT NULL,                                       -- an operator's, or empty
    revoked_by  TEXT NOT NULL,
    UNIQUE (authority, tenant, serial)
) STRICT;
CREATE INDEX revocation_by_authority ON revocation (authority, tenant, id);

-- The last list of each CA.  ca: serial of its certificate where a catalog has several, else zero.
CREATE TABLE crl (
    authority INTEGER NOT NULL,
    tenant    BLOB NOT NULL CHECK (length(tenant) = 16),
    ca        BLOB NOT NULL CHECK (length(ca) = 16),
    number    INTEGER NOT NULL,
    revision  INTEGER NOT NULL,                                      -- the highest revocation.id it knows
    this_s    INTEGER NOT NULL,
    next_s    INTEGER NOT NULL,
    der       TEXT NOT NULL,                                         -- DER, sealed as a text is
    PRIMARY KEY (authority, tenant, ca)
) STRICT, WITHOUT ROWID;

ALTER TABLE device ADD COLUMN revoked_s INTEGER NOT NULL DEFAULT 0;  -- by its owner; 0: it is not

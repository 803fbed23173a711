-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 21: where the audit log begins, after records went that were exported (docs/spec/audit.md, "Retention").
-- The last record that went is the highest sequence here; the chain goes on from its digest.
CREATE TABLE audit_checkpoint (
    sequence  INTEGER PRIMARY KEY,
    time_ms   INTEGER NOT NULL,                                 -- of the issuer's signature
    digest    BLOB NOT NULL CHECK (length(digest) = 32),        -- of that record
    signature BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;

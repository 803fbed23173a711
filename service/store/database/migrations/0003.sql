-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 3: image packages in the database, where several processes share it.
-- Pieces of 64 KiB, from 0.  With SQLite they are files, and this stays empty.
CREATE TABLE image_chunk (
    digest BLOB NOT NULL CHECK (length(digest) = 32),       -- of the whole package: image.digest
    number INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (digest, number)
) STRICT;

-- SPDX-License-Identifier: BSD-2-Clause
-- Schema 4: all texts and ids are sealed (vault.h), by the program when it finds no
-- row here.  Collations and lengths stand: the sealed forms keep both.
CREATE TABLE data_key (
    number  INTEGER PRIMARY KEY CHECK (number = 1),
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
    made_ms INTEGER NOT NULL
) STRICT;

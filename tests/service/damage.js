// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a service stands on, damaged while it is down, and gone while it runs (docs/spec/bad-input.md, "Under the service"): the files of SQLite
 * or the database of PostgreSQL, and the key of the data.  Each start is refused by one line; put back as it was, all is there.
 */
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { execFile } = require("node:child_process");
const fs = require("node:fs");
const peri = require("./service.js");

const PATIENCE_MS = 60000;
const CUTS = 40; // of the connections to PostgreSQL

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* -- PostgreSQL beside the service ------------------------------------------------------ */

const { PERI_PSQL: psql, PERI_DATABASE: url } = process.env;

/* As the service's own role, each text a transaction of its own; -> what the last one says. */
function sql(database, ...texts) {
    const words = ["-XqtA", "-v", "ON_ERROR_STOP=1", ...texts.flatMap((text) => ["-c", text]), url.replace("/postgres?", `/${database}?`)];
    return new Promise((resolve, reject) => execFile(psql, words, (error, out, err) => error ? reject(new Error(err)) : resolve(out.trim())));
}

const service_sql = (...texts) => sql("postgres", ...texts);
const beside_sql = (...texts) => sql("template1", ...texts); // what the service's database refuses
const reachable = (yes) => beside_sql(`ALTER DATABASE postgres ALLOW_CONNECTIONS ${yes}`);
const cut = async () => Number(await beside_sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'perisphere'"));

async function until(what, look) {
    for (const last = Date.now() + PATIENCE_MS; !await look(); await pause(20))
        assert.ok(Date.now() < last, `${what}\n${peri.said(0).slice(-2000)}`);
}

/* While it runs: connections end at any moment, then there are none for a while.  served(): how often somebody was, all the while. */
async function database_gone(served) {
    const from = peri.service.log.length, before = served();
    let cuts = 0;
    await until("no connections to be ended", async () => {
        cuts += await cut();
        await pause(Math.random() * 40);
        return cuts >= CUTS;
    });
    assert.ok(served() > before, "nobody was served meanwhile");
    await reachable(false);
    await cut();
    const lines = () => peri.said(from).split("\n").filter((line) => line.startsWith("store: the database"));
    await until("nobody misses the database", () => lines().length > 0); // after a second; nobody waits in vain for ten
    const waits = served();
    await reachable(true);
    await until("served again", () => served() > waits + 1);
    assert.deepEqual(lines(), ["store: the database cannot be reached; trying again", "store: the database is back"]);
    return cuts;
}

/* -- while it is down ---------------------------------------------------------------------- */

/* What a start that must fail says, apart from who ended because of it. */
async function start_refused(name, words) {
    const from = peri.service.log.length;
    await peri.start().catch(() => { }); // front may be ready before the store has looked
    assert.notEqual(await peri.ended(PATIENCE_MS), 0, `${name}: it ended well`);
    const lines = peri.said(from).split("\n").filter((line) => /^(store: |key ")/.test(line));
    assert.equal(new Set(lines).size, 1, `${name}: ${lines.join("\n")}`);
    assert.match(lines[0], words, name);
}

/* Changes a file; -> what puts it back as it was. */
function file(name, change) {
    const path = `${peri.data}/store/${name}`;
    return () => {
        const whole = fs.readFileSync(path), { mode, uid, gid } = fs.statSync(path);
        const put = (bytes) => { fs.writeFileSync(path, bytes, { mode }); fs.chownSync(path, uid, gid); };
        put(change(Buffer.from(whole)));
        return () => put(whole);
    };
}

const database = (change, back) => async () => {
    await change();
    return back;
};

const KEY = [
    ["another key", file("data.key", () => Buffer.from("ab".repeat(32) + "\n")), /key/],
    ["half of a key", file("data.key", (bytes) => bytes.subarray(0, 30)), /key/],
];
const SQLITE = [
    ["a damaged page", file("store.db", (bytes) => bytes.fill(0x55, 8 * 4096, 8 * 4096 + 64)), /damaged|malformed/],
    ["half of a database", file("store.db", (bytes) => bytes.subarray(0, bytes.length / 2)), /damaged|malformed/],
    ["no database", file("store.db", () => crypto.createHash("sha512").update("x").digest()), /not a database|damaged/],
    ["a newer schema", file("store.db", (bytes) => { bytes.writeUInt32BE(99, 60); return bytes; }),
     /has schema 99, this program knows up to \d+: use the newer program/],
];
const POSTGRESQL = [
    ["a newer schema", database(() => service_sql("ALTER TABLE perisphere RENAME TO as_it_was", "CREATE TABLE perisphere AS SELECT 99::bigint AS schema"),
                                () => service_sql("DROP TABLE perisphere", "ALTER TABLE as_it_was RENAME TO perisphere")),
     /has schema 99, this program knows up to \d+: use the newer program/],
    ["tables of others", database(() => service_sql("ALTER TABLE perisphere RENAME TO as_it_was"),
                                  () => service_sql("ALTER TABLE as_it_was RENAME TO perisphere")), /tables of others/],
    ["rows without their key", database(() => service_sql("CREATE TABLE as_it_was AS SELECT * FROM data_key", "DELETE FROM data_key"),
                                        () => service_sql("INSERT INTO data_key SELECT * FROM as_it_was", "DROP TABLE as_it_was")), /key/],
    ["a standby, or who may only read", database(() => beside_sql("ALTER DATABASE postgres SET default_transaction_read_only = on"),
                                                 () => beside_sql("ALTER DATABASE postgres RESET default_transaction_read_only")), /read-only/],
];

/* A start that finds no database is not refused: it goes on when there is one. */
async function start_early(served, all_there) {
    const from = peri.service.log.length;
    await reachable(false);
    const ready = peri.start();
    await until("a start without a database", () => peri.said(from).includes("store: cannot reach the database"));
    await reachable(true);
    await ready;
    await until("served after an early start", served); // front may have been ready before the store had looked
    await all_there();
    assert.equal(await peri.stop(), 0);
}

/* The service runs, and does not afterwards; served(): is anybody; all_there(): looks for all that was acknowledged. */
async function damages(served, all_there) {
    assert.equal(await peri.stop(), 0);
    for (const [name, damage, words] of [...(psql ? POSTGRESQL : SQLITE), ...KEY]) {
        const back = await damage();
        await start_refused(name, words);
        await back();
        await peri.start();
        await all_there();
        assert.equal(await peri.stop(), 0);
    }
    if (psql)
        await start_early(served, all_there);
}

module.exports = { damages, database_gone: psql ? database_gone : null };

// SPDX-License-Identifier: BSD-2-Clause
/*
 * A whole service between hostile clients, and on data that are damaged (docs/spec/bad-input.md, "Clients of the service"
 * and "Under the service").  Each row is one kind of bad input: it gets one clear refusal, or is cut off; meanwhile an
 * operator of another tenant is served, request after request; afterwards no process of the service has ended, and all
 * that was acknowledged is there.  On PostgreSQL its connections end meanwhile, too.
 * Started by tests/service/run.
 */
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const fs = require("node:fs");
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");
const zlib = require("node:zlib");
const { damages, database_gone } = require("./damage.js");
const peri = require("./service.js");

const VERSION = "api-version=2024-04-01";
const CATALOGS = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/r/providers/Microsoft.AzureSphere/catalogs";
const MINE = `${CATALOGS}/first`, THEIRS = `${CATALOGS}/second`;
const CONNECTIONS = 48; // connections_max of this service
const TOGETHER = 12;
const PATIENCE_MS = 60000;

const admin = { cert: true };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const now_s = () => Math.floor(Date.now() / 1000);

/* -- somebody else, all the while ---------------------------------------------------- */

const other = { made: [], served: 0, over: false };

async function other_run() {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; !other.over; i++) {
        const put = (agent) => peri.ask({ token: peri.token(now_s()), agent }, "PUT", `${THEIRS}/products/product_${i}?${VERSION}`, { properties: {} });
        /* a kept connection that was idle for too long: as every client does, once more on a new one */
        const first = await put(agent), answer = first.status ? first : await put(false);
        assert.ok(answer.status === 200 || answer.status === 201, `another tenant: ${answer.status} ${answer.why ?? answer.body}`);
        other.made.push(`product_${i}`);
        other.served++;
        await pause(10);
    }
    agent.destroy();
}

/* -- bad clients ----------------------------------------------------------------------- */

/* Bytes on a plain connection; what came until it was cut off, or after `enough`. */
function plain(bytes) {
    return new Promise((resolve) => {
        let text = "";
        const socket = net.connect(peri.service.port, "127.0.0.1", () => { if (bytes) socket.write(bytes); });
        socket.on("data", (part) => { text += part.toString("latin1"); });
        socket.on("error", () => { });
        socket.on("close", () => resolve(text));
        socket.setTimeout(PATIENCE_MS, () => { resolve("never cut off"); socket.destroy(); });
    });
}

/* As the operator: act(socket) once there is a session. */
function session(act) {
    return new Promise((resolve) => {
        let text = "";
        const socket = tls.connect({ host: "127.0.0.1", port: peri.service.port, servername: "localhost",
            ca: fs.readFileSync(`${peri.data}/root.pem`), cert: fs.readFileSync(`${peri.profile}/cert.pem`),
            key: fs.readFileSync(`${peri.profile}/key.pem`) }, () => act(socket));
        socket.on("data", (part) => { text += part.toString("latin1"); });
        socket.on("error", () => { });
        socket.on("close", () => resolve(text));
        socket.setTimeout(PATIENCE_MS, () => { resolve("never cut off"); socket.destroy(); });
    });
}

const head = (method, target, ...lines) => [`${method} ${target}?${VERSION} HTTP/1.1`, "Host: localhost", ...lines, "", ""].join("\r\n");
const raw = (bytes) => session((socket) => socket.write(bytes));
const json = (body, ...lines) => raw(Buffer.concat([
    Buffer.from(head("PUT", `${MINE}/products/bad`, "Content-Type: application/json", "Connection: close", `Content-Length: ${body.length}`, ...lines)),
    Buffer.from(body)]));

/* A byte now and then, well within any limit of silence. */
function drip(bytes, rest) {
    return session((socket) => {
        socket.write(bytes);
        const timer = setInterval(() => socket.write(rest), 200);
        socket.on("close", () => clearInterval(timer));
    });
}

const utf8 = (hex) => Buffer.concat([Buffer.from('{"properties":{"description":"'), Buffer.from(hex, "hex"), Buffer.from('"}}')]);
const nested = (open, close, times) => Buffer.from(`{"properties":{"description":${open.repeat(times)}1${close.repeat(times)}}}`);
const hello = Buffer.from("16030100c8010000c40303", "hex"); // the beginning of a ClientHello

/* name, what is done, what it gets: a status, or "cut": nothing but the end of the connection (a TLS alert at most) */
const ROWS = [
    ["a connection that says nothing", () => plain(""), "cut"],
    ["half of a handshake", () => plain(hello), "cut"],
    ["HTTP without TLS", () => plain("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "cut"],
    ["garbage in place of a handshake", () => plain(crypto.createHash("sha512").update("garbage").digest()), "cut"],
    ["a record of a length that none has", () => plain(Buffer.concat([Buffer.from("160301ffff", "hex"), Buffer.alloc(70000, 1)])), "cut"],
    ["a session that asks nothing", () => session(() => { }), "cut"],
    ["garbage in place of a request", () => raw(crypto.randomBytes(300).map((byte) => byte | 128)), 400],
    ["HTTP/2 without ALPN", () => raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400],
    ["a head that never ends", () => drip(`GET ${MINE} HTTP/1.1\r\nHost: localhost\r\nX: `, "x"), 408],
    ["a body that never ends", () => drip(head("PUT", `${MINE}/products/bad`, "Content-Type: application/json", "Content-Length: 100"), " "), 408],
    ["a body that never comes", () => raw(head("PUT", `${MINE}/products/bad`, "Content-Type: application/json", "Content-Length: 100")), 408],
    ["half-open: the head's half, then the end", () => session((socket) => socket.end("GET / HTT")), "cut"],
    ["half-open: gone in the middle of a body", () => session((socket) => {
        socket.write(head("PUT", `${MINE}/products/bad`, "Content-Type: application/json", "Content-Length: 100"));
        setTimeout(() => socket.destroy(), 50);
    }), "cut"],
    ["ten thousand headers", () => raw(head("GET", MINE, ...Array.from({ length: 10000 }, (_, i) => `X-${i}: ${i}`))), 431],
    ["a header of a megabyte", () => raw(head("GET", MINE, `X: ${"x".repeat(1 << 20)}`)), 431],
    ["an address of a megabyte", () => raw(head("GET", `/${"x".repeat(1 << 20)}`)), 414],
    ["a query of a megabyte", () => raw(head("GET", `${MINE}?x=${"y".repeat(1 << 20)}&`)), 414],
    ["a body of ten gigabytes, announced", () => raw(head("PUT", `${MINE}/products/bad`, "Content-Type: application/json", "Content-Length: 10000000000")), 413],
    ["chunks without end", () => drip(head("PUT", `${MINE}/products/bad`, "Content-Type: application/json", "Transfer-Encoding: chunked"),
                                      `10000\r\n${" ".repeat(65536)}\r\n`), 413],
    ["a compressed bomb", () => json(zlib.gzipSync(Buffer.alloc(20 << 20, " ")), "Content-Encoding: gzip"), 415],
    ["a bomb by another name", () => json(zlib.brotliCompressSync(Buffer.alloc(20 << 20, " ")), "Content-Encoding: identity, br"), 415],
    ["lists 30,000 deep", () => json(nested("[", "]", 30000)), 400],
    ["objects 10,000 deep", () => json(nested('{"a":', "}", 10000)), 400],
    ["lists that never close", () => json(Buffer.from("[".repeat(60000))), 400],
    ["a name twice", () => json(Buffer.from('{"properties":{},"properties":{"description":"x"}}')), 400],
    ["a number beyond all", () => json(Buffer.from('{"properties":{"description":1e999999}}')), 400],
    ["UTF-8: a byte that is none", () => json(utf8("ff")), 400],
    ["UTF-8: cut short", () => json(utf8("e282")), 400],
    ["UTF-8: longer than needed", () => json(utf8("c0af")), 400],
    ["UTF-8: half of a pair", () => json(utf8("eda080")), 400],
    ["UTF-8: beyond the last", () => json(utf8("f4908080")), 400],
    ["half of a pair, escaped", () => json(Buffer.from('{"properties":{"description":"\\ud800"}}')), 400],
    ["the character zero, escaped", () => json(Buffer.from('{"properties":{"description":"a\\u0000b"}}')), 400],
    ["a path that is no UTF-8", () => raw(head("GET", `${MINE}/products/%ff%fe`, "Connection: close")), 400],
    ["a path with the character zero", () => raw(head("GET", `${MINE}/products/a%00b`, "Connection: close")), 400],
];

/* One clear answer, and nothing behind it. */
function answer_check(name, text, want) {
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
    assert.notEqual(text, "never cut off", `${name}: never cut off`);
    if (want === "cut") {
        assert.equal(status, undefined, `${name}: ${text.slice(0, 300)}`);
        return;
    }
    assert.equal(Number(status), want, `${name}: ${text.slice(0, 400) || "cut off"}`);
    assert.equal(text.split("HTTP/1.1 ").length, 2, `${name}: more than one answer: ${text}`);
    const body = text.slice(text.indexOf("\r\n\r\n") + 4);
    if (body)
        assert.ok(JSON.parse(body).error.message.length > 10, `${name}: ${body}`);
}

/* Many at the same time: each holds what it holds for as long as it may. */
async function rows_run() {
    const rows = ROWS.values();
    await Promise.all(Array.from({ length: TOGETHER }, async () => {
        for (const [name, act, want] of rows)
            answer_check(name, await act(), want);
    }));
}

/* More connections than there may be: those behind wait, nobody is lost, and the rest is served when these are cut. */
async function flood() {
    const crowd = Array.from({ length: CONNECTIONS * 2 }, () => plain(hello));
    const answer = await peri.ask(admin, "GET", `${MINE}?${VERSION}`);
    assert.equal(answer.status, 200, `behind a crowd: ${answer.status} ${answer.why}`);
    for (const text of await Promise.all(crowd))
        answer_check("one of a crowd", text, "cut");
}

/* -- tokens ------------------------------------------------------------------------------ */

async function tokens() {
    const good = peri.token(now_s());
    const [top, claims, signature] = good.split(".");
    const other_claims = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, "base64url")), sub: "admin" })).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const bad = [["cut short", good.slice(0, -10)], ["other claims", `${top}.${other_claims}.${signature}`], ["no signature", `${none}.${claims}.`],
                 ["over", peri.token(now_s() - 3600)], ["not yet good", peri.token(now_s() + 3600)], ["8,193 letters", "a".repeat(8193)],
                 ["no base64", `${top}.${claims}.***`], ["deep", `${Buffer.from("[".repeat(4000)).toString("base64url")}.${claims}.${signature}`]];
    for (const [name, token] of bad) {
        const answer = await peri.ask({ token }, "GET", `${THEIRS}?${VERSION}`);
        assert.ok(answer.status === 401 || answer.status === 431, `a token, ${name}: ${answer.status}`);
    }
    assert.equal((await peri.ask({ token: good }, "GET", `${THEIRS}?${VERSION}`)).status, 200);
}

/* -- all of it ---------------------------------------------------------------------------------- */

async function all_there() {
    const names = new Set();
    for (let next = `${THEIRS}/products?${VERSION}`; next;) {
        const answer = await peri.ask(admin, "GET", next);
        assert.equal(answer.status, 200, String(answer.body));
        const page = JSON.parse(answer.body);
        page.value.forEach((product) => names.add(product.name));
        next = page.nextLink?.replace(/^https:\/\/[^/]*/, "");
    }
    for (const name of other.made)
        assert.ok(names.has(name), `${name} was acknowledged and is lost`);
    const mine = JSON.parse((await peri.ask(admin, "GET", `${MINE}/products?${VERSION}`)).body).value.map((product) => product.name);
    assert.deepEqual(mine, [], "bad input made something");
}

async function main() {
    await peri.make({ connections_max: CONNECTIONS, header_timeout_s: 5, request_timeout_s: 5, idle_timeout_s: 5 });
    for (const name of ["first", "second"])
        await peri.run_good("peri", "catalog", "create", "--subscription", "00000000-0000-4000-8000-0000000000aa", "-g", "r", "-n", name);
    await peri.run_good("peri", "role", "assignment", "create", "--assignee", `token:${peri.provider.issuer}#fleet`, "--role", "Contributor", "--scope", THEIRS);
    const served = other_run();
    let cuts = 0;
    for (const part of [rows_run, flood, tokens])
        await Promise.race([part(), served]);
    if (database_gone)
        cuts = await Promise.race([database_gone(() => other.served), served]);
    other.over = true;
    await served;
    assert.ok(other.served > 20, "nobody else was there");
    assert.doesNotMatch(peri.said(0), /was ended|exited with|Sanitizer/);
    await all_there();
    await damages(async () => (await peri.ask(admin, "GET", `${MINE}?${VERSION}`)).status === 200, all_there);
    console.log(`${ROWS.length} kinds of bad clients; ${other.served} requests of another tenant served meanwhile` +
        (cuts ? `, ${cuts} connections to the database cut` : ""));
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    console.error(peri.said(0).slice(-3000));
    process.exit(1);
});

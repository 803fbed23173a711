// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two whole services on one PostgreSQL under the load of clients that speak HTTPS and nothing else.
 * Again and again one of the two, by chance, is killed with SIGKILL and started anew, and the database
 * ends connections by chance.  A client whose request fails goes to the other service with the same request.
 *   - What was acknowledged is there afterwards, on both, exactly once; what was deleted is not.
 *   - Devices are counted as they are listed.
 *   - No answer is a failure (5xx) but 503, which says when to come again; and the other service takes it then.
 *   - The audit log's chain holds.
 * Started by tests/replicas/run.  Kills and ends go by the count of what was done, not by the clock.
 */
"use strict";
const assert = require("node:assert/strict");
const { execFile, execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const https = require("node:https");
const net = require("node:net");
const path = require("node:path");

const { PERI_BIN: bin, PERI_TOP: top, PERI_PROGRAMS: programs } = process.env;
const ROUNDS = Number(process.argv[2]);
const CLIENTS = 6;
const PATIENCE_MS = 60000; // of a client, for one piece of work
const VERSION = "api-version=2024-04-01";
const CATALOG = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/r/providers/Microsoft.AzureSphere/catalogs/c";
const GROUP = `${CATALOG}/products/fleet/deviceGroups/all`;

const services = [0, 1].map((number) => ({ number, data: `${top}/${number}`, port: 0, child: null, log: "" }));
const seen = { acknowledged: 0, ended: 0, kills: 0, statuses: {} };
const products = new Set(), deleted = new Set(), devices = new Set();
let over = false;

/* A fixed sequence: the same run every time, as far as the schedulers let it. */
let state = 2463534242;
function chance(below) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* -- services ------------------------------------------------------------------- */

function free_port() {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

/* True when it is ready; false when it ended, as it does while what was killed still holds its folder. */
function start_once(service) {
    return new Promise((resolve) => {
        const child = spawn(`${bin}/perisphered`, ["--data", service.data, "--listen", `127.0.0.1:${service.port}`]);
        service.child = child;
        child.stderr.on("data", (bytes) => { service.log = (service.log + bytes).slice(-20000); });
        child.stdout.on("data", (bytes) => { if (String(bytes).includes("ready on")) resolve(true); });
        child.on("exit", () => resolve(false));
    });
}

async function start(service) {
    for (let i = 0; i < 50; i++) {
        if (await start_once(service))
            return;
        await pause(100);
    }
    assert.fail(`service ${service.number} does not start:\n${service.log}`);
}

function stop(service, signal) {
    return new Promise((resolve, reject) => {
        const { exitCode, signalCode } = service.child;
        if (exitCode !== null || signalCode !== null)
            reject(new Error(`service ${service.number} had ended with ${exitCode ?? signalCode}:\n${service.log}`));
        service.child.on("exit", (code, by) => resolve(by ?? code));
        service.child.kill(signal);
    });
}

function psql(sql) {
    return new Promise((resolve, reject) => {
        execFile(`${programs}/psql`, ["-h", `${top}/pg`, "-U", "perisphere", "-d", "postgres", "-Atc", sql],
                 (error, out) => (error ? reject(error) : resolve(out.trim())));
    });
}

/* In the middle of whatever it is doing. */
async function connection_end() {
    const out = await psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'perisphere' " +
                           "ORDER BY random() LIMIT 1");
    seen.ended += out === "t";
}

/* -- clients ---------------------------------------------------------------------- */

let agents;

function send(service, method, target, body) {
    return new Promise((resolve) => {
        const bytes = Buffer.from(body ? JSON.stringify(body) : "");
        const request = https.request({
            host: "127.0.0.1", port: service.port, servername: "localhost", method, path: target, timeout: 20000,
            agent: agents[service.number],
            headers: { "content-length": bytes.length, ...(body ? { "content-type": "application/json" } : {}) },
        }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("error", () => resolve({ status: 0 }));
            answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: String(Buffer.concat(parts)) }));
        });
        request.on("timeout", () => request.destroy(new Error("no answer")));
        request.on("error", () => resolve({ status: 0 }));
        request.end(bytes);
    });
}

/* The answer of whichever service gives one. */
async function ask(client, method, target, body) {
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until) {
        const answer = await send(services[client.at], method, target, body);
        seen.statuses[answer.status] = (seen.statuses[answer.status] ?? 0) + 1;
        if (answer.status !== 0 && answer.status !== 503) {
            assert.ok(answer.status < 500, `${method} ${target}: ${answer.status} ${answer.body}\n${services[client.at].log}`);
            return answer;
        }
        if (answer.status === 503)
            assert.ok(Number(answer.headers["retry-after"]) > 0, `${method} ${target}: 503 without Retry-After`);
        client.at = 1 - client.at;
        await pause(20);
    }
    assert.fail(`${method} ${target}: nobody answers`);
}

/* Behind 201 and 202 stands work that may have been cut off: it goes on elsewhere. */
async function until(client, target, status) {
    const last = Date.now() + PATIENCE_MS;
    for (;;) {
        const answer = await ask(client, "GET", target);
        if (answer.status === status)
            return answer;
        assert.ok(answer.status === 200 || answer.status === 404, `GET ${target}: ${answer.status} ${answer.body}`);
        assert.ok(Date.now() < last, `GET ${target}: ${answer.status} for a minute, ${status} was acknowledged`);
        await pause(50);
    }
}

function expect(answer, ...statuses) {
    assert.ok(statuses.includes(answer.status), `${answer.status}, not ${statuses}: ${answer.body}`);
    seen.acknowledged++;
}

async function product_put(client, name) {
    expect(await ask(client, "PUT", `${CATALOG}/products/${name}?${VERSION}`, { properties: { description: name } }), 200, 201);
    await until(client, `${CATALOG}/products/${name}?${VERSION}`, 200);
    products.add(name);
}

async function product_delete(client, name) {
    products.delete(name); // from now on it may be gone
    expect(await ask(client, "DELETE", `${CATALOG}/products/${name}?${VERSION}`), 200, 202, 204);
    await until(client, `${CATALOG}/products/${name}?${VERSION}`, 404);
    deleted.add(name);
}

async function device_claim(client, id) {
    expect(await ask(client, "PUT", `/providers/Perisphere/devices/${id}?${VERSION}`, { properties: {} }), 200, 201);
    expect(await ask(client, "POST", `${GROUP}/claimDevices?${VERSION}`, { deviceIdentifiers: [id] }), 200, 202);
    await until(client, `${GROUP}/devices/${id}?${VERSION}`, 200);
    devices.add(id);
}

async function client_run(number) {
    const client = { at: number % 2 };
    for (let i = 0; !over; i++) {
        const name = `p_${number}_${i}`;
        await product_put(client, name);
        if (i % 3 === 2)
            await product_delete(client, name);
        await device_claim(client, `${number}${String(i).padStart(6, "0")}`.padEnd(128, "d0"));
    }
}

/* -- the worst of days ---------------------------------------------------------------- */

async function done_more(count) {
    const from = seen.acknowledged, last = Date.now() + PATIENCE_MS;
    let end_at = from + 1 + chance(12);
    while (seen.acknowledged < from + count) {
        assert.ok(Date.now() < last, "the clients stand still");
        if (seen.acknowledged >= end_at) {
            await connection_end();
            end_at = seen.acknowledged + 1 + chance(12);
        }
        await pause(5);
    }
}

async function kills() {
    for (let round = 0; round < ROUNDS; round++) {
        const service = services[chance(2)];
        await done_more(15 + chance(20));
        await stop(service, "SIGKILL");
        seen.kills++;
        await done_more(10 + chance(15)); // by the other alone
        await start(service);
    }
    await done_more(20);
}

async function all_of(client, target, method = "GET") {
    const rows = [];
    for (let next = target; next; method = "GET") {
        const answer = await ask(client, method, next);
        assert.equal(answer.status, 200, answer.body);
        const page = JSON.parse(answer.body);
        rows.push(...page.value);
        next = page.nextLink ? page.nextLink.replace(/^https:\/\/[^/]*/, "") : null;
    }
    return rows.map((row) => row.name).sort();
}

/* Each service says the same, and that is what was acknowledged. */
async function check(service) {
    const client = { at: service.number };
    assert.deepEqual(await all_of(client, `${CATALOG}/products?${VERSION}`), [...products, "fleet"].sort());
    assert.deepEqual(await all_of(client, `${GROUP}/devices?${VERSION}`), [...devices].sort());
    for (const scope of [CATALOG, `${CATALOG}/products/fleet`, GROUP]) {
        const answer = await ask(client, "POST", `${scope}/countDevices?${VERSION}`);
        assert.equal(JSON.parse(answer.body).value, devices.size, scope);
    }
    assert.equal(client.at, service.number, "it did not answer");
}

function peri(service, ...words) {
    execFileSync(`${bin}/peri`, ["config", "set", "--profile", `${top}/profile`, `endpoint=https://localhost:${service.port}`]);
    return execFileSync(`${bin}/peri`, [...words, "--profile", `${top}/profile`], { encoding: "utf8" });
}

async function main() {
    for (const service of services)
        service.port = await free_port();
    await start(services[0]);
    fs.cpSync(`${services[0].data}/operator`, `${top}/profile`, { recursive: true });
    const read = (name) => fs.readFileSync(path.join(top, "profile", name));
    agents = services.map(() => new https.Agent({ keepAlive: true, ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") }));
    const operator = { at: 0 };
    assert.equal((await send(services[0], "GET", `/subscriptions?${VERSION}`)).status, 200); // its store is there too
    execFileSync(`${bin}/perisphered`, ["--join", services[0].data, "--data", services[1].data]);
    await start(services[1]);
    for (const [target, body] of [[CATALOG, { location: "global" }], [`${CATALOG}/products/fleet`, { properties: {} }],
                                  [GROUP, { properties: {} }]]) {
        expect(await ask(operator, "PUT", `${target}?${VERSION}`, body), 200, 201);
        await until(operator, `${target}?${VERSION}`, 200);
    }
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client_run(number)));
    await Promise.race([kills(), clients]);
    over = true;
    await clients;
    for (const service of services)
        await check(service);
    assert.ok(seen.ended > ROUNDS && seen.kills === ROUNDS);
    peri(services[0], "audit", "verify");
    for (const service of services)
        assert.equal(await stop(service, "SIGTERM"), 0);
    console.log(`${seen.kills} services killed, ${seen.ended} connections ended, ${seen.acknowledged} requests acknowledged: ` +
                `${products.size} products, ${deleted.size} deleted, ${devices.size} devices; answers ${JSON.stringify(seen.statuses)}`);
}

/* Whatever ends this ends the services. */
process.on("exit", () => services.forEach((service) => service.child?.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => process.exit(143));

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});

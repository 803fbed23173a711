// SPDX-License-Identifier: BSD-2-Clause
/*
 * A whole service whose clock a test sets (set_clock.c), an OpenID Connect provider for it, and clients of every kind:
 * an operator with a certificate, one with a token, devices with keys in software (peri_devices), and nobody.
 * The clients' own clocks are right.
 */
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { execFile, spawn } = require("node:child_process");
const fs = require("node:fs");
const https = require("node:https");
const net = require("node:net");

const { PERI_BIN: bin, PERI_TOP: top, PERI_DATABASE: database } = process.env;
const data = `${top}/data`, profile = `${data}/operator`;
const AUDIENCE = "https://perisphere.test";
const ANSWER_MS = 20000;

/* -- the clock ------------------------------------------------------------------ */

fs.writeFileSync(`${top}/clock`, Buffer.alloc(8), { mode: 0o644 });
const clock_fd = fs.openSync(`${top}/clock`, "r+");
const clock = { offset_s: 0 };

/* One write of eight bytes in place: every process of the service has the page mapped. */
function clock_set(offset_s) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(offset_s));
    assert.equal(fs.writeSync(clock_fd, bytes, 0, 8, 0), 8);
    clock.offset_s = offset_s;
}

const service_now_s = () => Math.floor(Date.now() / 1000) + clock.offset_s;

/* -- the service ---------------------------------------------------------------- */

const environment = { ...process.env, PERI_TEST_CLOCK: `${top}/clock` };
const service = { child: null, port: 0, log: "" };

function run(program, ...words) {
    return new Promise((resolve) => {
        execFile(`${bin}/${program}`, words, { env: { ...environment, PERI_PROFILE: profile } }, (error, out, err) =>
            resolve({ code: error ? error.code : 0, out, err }));
    });
}

async function run_good(program, ...words) {
    const got = await run(program, ...words);
    assert.equal(got.code, 0, `${program} ${words.join(" ")}: ${got.err}`);
    return got.out;
}

function port_free() {
    return new Promise((resolve, reject) => {
        const server = net.createServer().on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

/* A port of its own that stays the same: clients know it over a restart. */
function start() {
    return new Promise((resolve, reject) => {
        service.child = spawn(`${bin}/perisphered_set_clock`, ["--data", data, "--listen", `127.0.0.1:${service.port}`],
                              { env: environment });
        service.child.stderr.on("data", (bytes) => { service.log += bytes; });
        service.child.stdout.on("data", (bytes) => { if (String(bytes).includes("ready on")) resolve(); });
        service.child.once("exit", (code, signal) => reject(new Error(`the service ended with ${code ?? signal}:\n${service.log}`)));
    });
}

function stop() {
    return new Promise((resolve) => {
        service.child.once("exit", (code, signal) => resolve(code ?? signal));
        service.child.kill("SIGTERM");
    });
}

/* Its exit code or the signal's name, once it ends by itself. */
function ended(patience_ms) {
    const { child } = service;
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`the service goes on:\n${said(0).slice(-2000)}`)), patience_ms);
        const over = () => { clearTimeout(timer); resolve(child.exitCode ?? child.signalCode); };
        if (child.exitCode !== null || child.signalCode !== null)
            over();
        else
            child.once("exit", over);
    });
}

/* Made at the clock of the moment, with these settings, taking tokens; and started. */
async function make(settings) {
    const file = `${data}/service.json`;
    await provider_start();
    await run_good("perisphered_set_clock", "--init", "--data", data, ...(database ? ["--database", database] : []));
    const all = Object.assign(JSON.parse(fs.readFileSync(file)),
                              { oidc_issuer: provider.issuer, oidc_audience: AUDIENCE, oidc_retry_s: 1 }, settings);
    fs.writeFileSync(file, JSON.stringify(all), { mode: 0o600 });
    fs.mkdirSync(`${data}/oidc`, { mode: 0o700 });
    fs.copyFileSync(`${top}/ca.pem`, `${data}/oidc/ca.pem`);
    service.port = await port_free();
    await start();
    await run_good("peri", "config", "set", `endpoint=https://localhost:${service.port}`);
}

/* What it has said since `from`, without the lines of the access log. */
const said = (from) => service.log.slice(from).split("\n").filter((line) => line && !line.startsWith("{")).join("\n");

/* -- tokens --------------------------------------------------------------------- */

const provider = { issuer: "", key: crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }) };

function provider_start() {
    const jwk = { ...provider.key.publicKey.export({ format: "jwk" }), kid: "one", alg: "ES256", use: "sig" };
    const server = https.createServer({ key: fs.readFileSync(`${top}/tls.key`), cert: fs.readFileSync(`${top}/tls.pem`) },
        (request, answer) => answer.end(JSON.stringify(request.url === "/jwks"
            ? { keys: [jwk] } : { issuer: provider.issuer, jwks_uri: `${provider.issuer}/jwks` })));
    return new Promise((resolve) => server.listen(0, "localhost", () => {
        provider.issuer = `https://localhost:${server.address().port}`;
        resolve();
    }));
}

/* Ten minutes from now_s on, by the provider's clock. */
function token(now_s) {
    const part = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");
    const text = `${part({ alg: "ES256", kid: "one" })}.${part({ iss: provider.issuer, aud: AUDIENCE, sub: "fleet",
        iat: now_s, nbf: now_s, exp: now_s + 600 })}`;
    return `${text}.${crypto.sign("sha256", text, { key: provider.key.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/* -- requests ------------------------------------------------------------------- */

/* who: {} nobody, {cert: true} the operator, {token}; {agent}: on a kept connection.  Status 0: no answer. */
function ask(who, method, target, body) {
    return new Promise((resolve) => {
        const bytes = Buffer.from(body ? JSON.stringify(body) : "");
        const request = https.request({
            host: "127.0.0.1", port: service.port, servername: "localhost", method, path: target, timeout: ANSWER_MS,
            ca: fs.readFileSync(`${data}/root.pem`), agent: who.agent ?? false,
            ...(who.cert ? { cert: fs.readFileSync(`${profile}/cert.pem`), key: fs.readFileSync(`${profile}/key.pem`) } : {}),
            headers: { "content-length": bytes.length, ...(body ? { "content-type": "application/json" } : {}),
                ...(who.token ? { authorization: `Bearer ${who.token}` } : {}) },
        }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("error", (error) => resolve({ status: 0, why: error.message }));
            answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
        });
        request.on("timeout", () => request.destroy(new Error("no answer")));
        request.on("error", (error) => resolve({ status: 0, why: error.message }));
        request.end(bytes);
    });
}

/* -- devices -------------------------------------------------------------------- */

const devices = { child: null, ids: [], waiting: [], rest: "" };

function line_take(line) {
    if (devices.ids.whole)
        devices.waiting.shift()(line.split(" "));
    else if (line === "")
        devices.ids.whole = true;
    else
        devices.ids.push(line);
}

async function devices_start(count) {
    devices.child = spawn(`${bin}/peri_devices`, [String(service.port), profile, String(count)], { stdio: ["pipe", "pipe", "inherit"] });
    devices.child.stdout.on("data", (bytes) => {
        const lines = (devices.rest + bytes).split("\n");
        devices.rest = lines.pop();
        lines.forEach(line_take);
    });
    for (let i = 0; i < 600 && !devices.ids.whole; i++)
        await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(devices.ids.length, count, "the devices are not there");
}

/* -> {status, certificate: X509Certificate or null} */
function device(command) {
    return new Promise((resolve) => {
        devices.waiting.push(([status, leaf]) => resolve({
            status: Number(status), certificate: leaf === "-" ? null : new crypto.X509Certificate(Buffer.from(leaf, "base64")),
        }));
        devices.child.stdin.write(`${command}\n`);
    });
}

/* Whatever ends this ends the rest. */
process.on("exit", () => [service, devices].forEach(({ child }) => child?.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => process.exit(143));

module.exports = { ask, clock, clock_set, data, device, devices, devices_start, ended, make, profile, provider, run, run_good, said,
    service, service_now_s, start, stop, token };

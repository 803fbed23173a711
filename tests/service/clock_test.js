// SPDX-License-Identifier: BSD-2-Clause
/*
 * A whole service whose clock is set while it runs and while it does not, from 1970 to 2106, under load (docs/decisions/clock.md
 * says what must hold).  Clients' clocks are right.  For each row: what is refused, by which answer; that every process sees
 * the clock; that what is made is good by the clock it was made by and inside its CA's life; what the log and /status
 * say; and that with the clock right everything goes on at once.  At the end: nothing acknowledged is lost, nothing went
 * for its age, every certificate is in the log of serials, the audit log's chain holds.
 * Started by tests/service/run.
 */
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const https = require("node:https");
const peri = require("./service.js");

const HOUR = 3600, DAY = 86400;
const VERSION = "api-version=2024-04-01";
const SUBSCRIPTION = "00000000-0000-4000-8000-0000000000aa";
const CATALOGS = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/r/providers/Microsoft.AzureSphere/catalogs";
const STATUS = `/providers/Perisphere/status?${VERSION}`;
const MADE_S = -60 * DAY; // when the service was made
const PATIENCE_MS = 20000;

const admin = { cert: true };
const right_now_s = () => Math.floor(Date.now() / 1000);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const at = (date) => Math.floor(Date.parse(date) / 1000) - right_now_s();

/*
 * offset: seconds, or an ISO date.  hold_ms: so long it stays, until the store has looked at rollouts.  By the service's clock: operator: is its certificate (a year from MADE_S) in its time;
 * kept: what a device is answered on a connection from before; held: are devices' certificates of the right time (24 hours from now) in theirs; os, catalog: what who attests is
 * answered, by the OS CA (10 years) and a catalog's (made anew as needed, below a root of 20 years); crl: the same of a list.
 */
const ROWS = [
    { name: "an hour ahead", offset: HOUR, operator: true, kept: 200, held: true, os: 200, catalog: 200, crl: 200 },
    { name: "a day ahead", hold_ms: 6000, offset: DAY + HOUR, operator: true, kept: 401, held: false, os: 200, catalog: 200, crl: 200 },
    { name: "40 days ahead", offset: 40 * DAY, operator: true, kept: 401, held: false, os: 200, catalog: 200, crl: 200 },
    { name: "13 months ahead", offset: 395 * DAY, operator: false, kept: 401, held: false, os: 200, catalog: 200, crl: 200 },
    { name: "an hour behind", offset: -HOUR, operator: true, kept: 200, held: false, os: 200, catalog: 200, crl: 200 },
    { name: "a day behind", offset: -DAY, operator: true, kept: 200, held: false, os: 200, catalog: 200, crl: 200 },
    { name: "1970", offset: "1970-01-01T00:01:40Z", operator: false, kept: 503, held: false, os: 503, catalog: 503, crl: 503 },
    { name: "past 2^31 s", offset: "2038-01-20T00:00:00Z", operator: false, kept: 401, held: false, os: 503, catalog: 200, crl: 200 },
    { name: "past 2^32 s", offset: "2106-02-08T00:00:00Z", operator: false, kept: 401, held: false, os: 503, catalog: 503, crl: 200 },
];

const seen = { products: [new Set(), new Set()], statuses: {}, serials: new Map(), operation: "", tenant: "" };
let over = false, row = { name: "right" };

/* -- set-up ---------------------------------------------------------------------- */

function expect(answer, what, ...statuses) {
    assert.ok(statuses.includes(answer.status), `${row.name}: ${what}: ${answer.status}, not ${statuses}: ${answer.why ?? answer.body}\n` +
        peri.said(0).slice(-3000));
    return answer.body?.length && statuses[0] < 300 && answer.headers["content-type"]?.startsWith("application/json")
        ? JSON.parse(answer.body) : answer;
}

async function until(what, look) {
    const last = Date.now() + PATIENCE_MS;
    for (;;) {
        const got = await look();
        if (got)
            return got;
        assert.ok(Date.now() < last, `${row.name}: ${what}\n${peri.said(0).slice(-3000)}`);
        await pause(20);
    }
}

async function made(target, body) {
    const answer = await peri.ask(admin, "PUT", `${target}?${VERSION}`, body);
    expect(answer, target, 200, 201);
    seen.operation ||= answer.headers["azure-asyncoperation"]?.replace(/^https:\/\/[^/]*/, "");
    await until(target, async () => (await peri.ask(admin, "GET", `${target}?${VERSION}`)).status === 200);
}

/* Two tenants, the operator's own and one that a token may work in; three devices of the first. */
async function fleet_make() {
    for (const name of ["first", "second"]) {
        await made(`${CATALOGS}/${name}`, { location: "global" });
        await made(`${CATALOGS}/${name}/products/fleet`, { properties: {} });
    }
    const group = `${CATALOGS}/first/products/fleet/deviceGroups/all`;
    await made(group, { properties: {} });
    await peri.devices_start(3);
    expect(await peri.ask(admin, "POST", `${group}/claimDevices?${VERSION}`, { deviceIdentifiers: peri.devices.ids }), "claim", 200, 202);
    for (const id of peri.devices.ids)
        await until("the claim", async () => (await peri.ask(admin, "GET", `${group}/devices/${id}?${VERSION}`)).status === 200);
    seen.tenant = expect(await peri.ask(admin, "GET", `${CATALOGS}/first?${VERSION}`), "catalog", 200).properties.tenantId;
    const principal = `token:${peri.provider.issuer}#fleet`;
    await peri.run_good("peri", "role", "assignment", "create", "--assignee", principal, "--role", "Reader", "--scope", "/");
    await peri.run_good("peri", "role", "assignment", "create", "--assignee", principal, "--role", "Contributor", "--scope", `${CATALOGS}/second`);
}

/* A rollout whose steps last ten hours; no device can take its image here. */
async function rollout_make() {
    const folder = `${peri.data}/../pack`, where = ["-c", "first", "-g", "r", "--subscription", SUBSCRIPTION];
    fs.mkdirSync(`${folder}/bin`, { recursive: true });
    fs.writeFileSync(`${folder}/bin/app`, "#!nothing that runs\n", { mode: 0o755 });
    fs.writeFileSync(`${folder}/app_manifest.json`, JSON.stringify({ SchemaVersion: 1, Name: "app", EntryPoint: "/bin/app", CmdArgs: [],
        ComponentId: "11111111-2222-4333-8444-555555555555", Capabilities: {}, ApplicationType: "Default" }));
    await peri.run_good("peri", "key", "create", "--output-file", `${folder}.pem`);
    const image = async () => {
        await peri.run_good("peri", "image-package", "pack-application", "--package-directory", folder, "--key", `${folder}.pem`, "--output-file", `${folder}.imagepackage`);
        return JSON.parse(await peri.run_good("peri", "image", "add", ...where, "--image-path", `${folder}.imagepackage`)).name;
    };
    await peri.run_good("peri", "deployment", "create", ...where, "-p", "fleet", "-dg", "all", "--images", await image());
    seen.rollout = JSON.parse(await peri.run_good("peri", "rollout", "create", ...where, "-p", "fleet", "-dg", "all", "--images", await image(),
        "--steps", "10", "100", "--step-minutes", "600")).id;
}

async function rollout_check() {
    const answer = await peri.ask(admin, "GET", `${seen.rollout}?${VERSION}`);
    const { state, percent, devicesFailed } = expect(answer, "rollout", 200).properties;
    assert.deepEqual({ state, percent, devicesFailed }, { state: "Active", percent: 10, devicesFailed: 0 }, row.name);
}

/* -- load, before and while and after ------------------------------------------------ */

/* Each client on a kept connection: a change a moment; what it is answered is what it may be answered. */
async function client_run(number) {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const catalog = ["first", "second"][number];
    for (let i = 0; !over; i++) {
        const name = `product_${i}`;
        const who = number ? { token: peri.token(peri.service_now_s()), agent } : { cert: true, agent };
        const answer = await peri.ask(who, "PUT", `${CATALOGS}/${catalog}/products/${name}?${VERSION}`, { properties: {} });
        seen.statuses[answer.status] = (seen.statuses[answer.status] ?? 0) + 1;
        assert.ok([0, 200, 201, 401, 503].includes(answer.status), `${row.name}: ${name}: ${answer.status} ${answer.body}`);
        if (answer.status === 200 || answer.status === 201)
            seen.products[number].add(name);
        await pause(answer.status ? 5 : 50);
    }
    agent.destroy();
}

async function products_check(number, catalog) {
    const names = new Set();
    for (let next = `${CATALOGS}/${catalog}/products?${VERSION}`; next;) {
        const page = expect(await peri.ask(admin, "GET", next), "products", 200);
        page.value.forEach((product) => names.add(product.name));
        next = page.nextLink?.replace(/^https:\/\/[^/]*/, "");
    }
    for (const name of seen.products[number])
        assert.ok(names.has(name), `${catalog}: ${name} was acknowledged and is lost`);
}

/* -- one row -------------------------------------------------------------------------- */

const seconds = (date) => Math.floor(Date.parse(date) / 1000);

/* Good by the clock of its making: the issuer and daa see it. */
function certificate_check(certificate, what) {
    const now_s = peri.service_now_s(), begin_s = seconds(certificate.validFrom), end_s = seconds(certificate.validTo);
    assert.ok(begin_s <= now_s && begin_s > now_s - 400, `${row.name}: ${what} begins ${certificate.validFrom}`);
    assert.ok(end_s > now_s && end_s <= now_s + DAY, `${row.name}: ${what} ends ${certificate.validTo}`);
    seen.serials.set(certificate.serialNumber.toLowerCase().padStart(32, "0"), row.name);
}

async function attest(command, status) {
    const got = await peri.device(command);
    assert.equal(got.status, status, `${row.name}: ${command}\n${peri.said(0).slice(-2000)}`);
    if (status === 200)
        certificate_check(got.certificate, command);
    return got.certificate;
}

async function operator_check(good) {
    const answer = await peri.ask(admin, "GET", `${CATALOGS}/first?${VERSION}`);
    if (good)
        expect(answer, "operator", 200);
    else
        assert.ok(answer.status === 0 && /alert/.test(answer.why), `${row.name}: the operator's certificate was taken: ${answer.status}`);
    if (!good) {
        const said = await peri.run("peri", "catalog", "list");
        assert.equal(said.code, 4, said.err);
        assert.match(said.err, /clock is wrong/);
    }
}

/* oidc's clock: a token of the right time, and one of a provider whose clock is as the service's. */
async function tokens_check() {
    const near = Math.abs(peri.clock.offset_s) < 60;
    const right = await peri.ask({ token: peri.token(right_now_s()) }, "GET", `${CATALOGS}?${VERSION}`);
    expect(right, "a token of the right time", near ? 200 : 401);
    const same = expect(await peri.ask({ token: peri.token(peri.service_now_s()) }, "GET", STATUS), "a token of the service's time", 200);
    assert.equal(same.clockSettled, row.name === "right" && !seen.set, `${row.name}: ${JSON.stringify(same)}`);
    return same;
}

/* front's clock: the answer's date.  store's, issuer's: the list's dates. */
async function list_check(status) {
    const answer = await peri.ask({}, "GET", "/crl/os.crl");
    assert.equal(answer.status, status, `${row.name}: list: ${answer.body}`);
    assert.ok(Math.abs(seconds(answer.headers.date) - peri.service_now_s()) <= 1, `${row.name}: front says ${answer.headers.date}`);
    if (status !== 200)
        return;
    const text = execFileSync("openssl", ["crl", "-inform", "der", "-noout", "-lastupdate", "-nextupdate"], { input: answer.body, encoding: "utf8" });
    const [begin_s, end_s] = text.trim().split("\n").map((line) => seconds(line.replace(/^.*=/, "")));
    const now_s = peri.service_now_s();
    assert.ok(begin_s <= now_s && begin_s > now_s - DAY - 400 && end_s > now_s && end_s <= now_s + 7 * DAY, `${row.name}: list ${text}`);
}

async function everything_good() {
    await operator_check(true);
    await tokens_check();
    assert.equal((await peri.device("check 0")).status, 200, `${row.name}: the certificate of before`);
    await attest("attest 1", 200);
    await attest(`attest 1 ${seen.tenant}`, 200);
    assert.equal((await peri.device("check 1")).status, 200);
    await list_check(200);
}

async function row_run(next) {
    const from = peri.service.log.length;
    row = next;
    seen.set = true;
    const kept_before = (await peri.device("check-kept 0")).status;
    assert.equal(kept_before, 200, `${row.name}: before`);
    peri.clock_set(typeof row.offset === "string" ? at(row.offset) : row.offset);
    await operator_check(row.operator);
    await tokens_check();
    assert.equal((await peri.device("check-kept 0")).status, row.kept, `${row.name}: on a kept connection`);
    assert.equal((await peri.device("check 0")).status, row.held ? 200 : 0, `${row.name}: the certificate of before`);
    await attest("attest 2", row.os);
    await attest(`attest 2 ${seen.tenant}`, row.catalog);
    if (row.os === 200)
        assert.equal((await peri.device("check 2")).status, 200, `${row.name}: its own certificate`);
    await list_check(row.crl);
    await until("the log says nothing of the clock", () => /store: the clock was set by [+-]\d+ s/.test(peri.said(from)));
    if (row.name === "1970")
        assert.match(peri.said(from), /issuer: the clock is \d+ days before the service's own begin: nothing is signed/);
    await pause(next.hold_ms ?? 0);
    row = { name: `right, after ${row.name}` };
    peri.clock_set(0);
    await everything_good();
    await rollout_check();
}

/* What a person makes on the service's machine, by a clock from before the service. */
async function made_by_hand() {
    row = { name: "by hand, before the service" };
    peri.clock_set(MADE_S - DAY);
    const got = await peri.run("perisphered_set_clock", "--data", peri.data, "--operator", "bob", "--out", `${peri.data}/../bob`);
    assert.notEqual(got.code, 0);
    assert.match(got.err, /has not begun: set the clock/);
    assert.ok(!fs.existsSync(`${peri.data}/../bob/cert.pem`));
    peri.clock_set(0);
    await everything_good();
}

/* -- starts by a wrong clock ------------------------------------------------------------- */

async function start_at(name, offset_s, words, check) {
    assert.equal(await peri.stop(), 0, peri.said(0).slice(-3000));
    row = { name: `started ${name}` };
    peri.clock_set(offset_s);
    const from = peri.service.log.length;
    await peri.start();
    await until(`not "${words}"`, () => words.test(peri.said(from)));
    await check();
    row = { name: `right, after started ${name}` };
    peri.clock_set(0);
    await until("tokens are not taken", async () => (await peri.ask({ token: peri.token(right_now_s()) }, "GET", STATUS)).status === 200);
    await everything_good();
}

/* By the clock the provider's certificate is not good either: no keys, so a token is nothing that could be decided. */
async function nobody_comes_in() {
    await operator_check(false);
    expect(await peri.ask({ token: peri.token(peri.service_now_s()) }, "GET", STATUS), "a token", 503);
    await attest("attest 2", 503);
    await attest(`attest 2 ${seen.tenant}`, 503);
    assert.equal((await peri.device("check 0")).status, 0);
}

async function starts() {
    await start_at("an hour behind", -HOUR, /store: the clock is 3[56]\d\d s behind the last time of this service/, async () => {
        const status = expect(await peri.ask(admin, "GET", STATUS), "status", 200);
        assert.ok(status.clockBehindSeconds > HOUR - 60 && !status.clockSettled, JSON.stringify(status));
        const figures = String((await peri.ask(admin, "GET", "/metrics")).body);
        assert.match(figures, /^perisphere_clock_settled 0$/m);
        assert.match(figures, /^perisphere_clock_behind_seconds 3[56]\d\d$/m);
    });
    await start_at("in 1970", at("1970-01-01T00:01:40Z"), /store: the clock is \d+ s behind the last time of this service/, nobody_comes_in);
    await start_at("in 2106", at("2106-02-08T00:00:00Z"), /store: the last time of this service is \d+ days ago/, nobody_comes_in);
}

/* -- at the end ------------------------------------------------------------------------------ */

function serials_check() {
    const folder = `${peri.data}/issuer/serials`;
    const text = fs.readdirSync(folder).map((name) => fs.readFileSync(`${folder}/${name}`, "utf8")).join("");
    for (const [serial, when] of seen.serials)
        assert.ok(text.includes(` device ${serial} `), `the log of serials has lost ${serial} of "${when}"`);
}

/* Revoking reaches what the device was given before the clock was a day ahead, when that seemed to be over. */
async function revoke_check() {
    const device = `${CATALOGS}/first/products/fleet/deviceGroups/all/devices/${peri.devices.ids[0]}`;
    expect(await peri.ask(admin, "POST", `${device}/revoke?${VERSION}`, { reason: "keyCompromise" }), "revoke", 200, 202, 204);
    const answer = await peri.ask({}, "GET", "/crl/os.crl");
    const text = execFileSync("openssl", ["crl", "-inform", "der", "-noout", "-text"], { input: answer.body, encoding: "utf8" });
    assert.ok(text.replace(/[ :]/g, "").toLowerCase().includes(`serialnumber${seen.first.replace(/^0+/, "")}`) ||
              text.replace(/[ :]/g, "").toLowerCase().includes(seen.first), `the first certificate, ${seen.first}, is not on the list:\n${text}`);
}

async function main() {
    peri.clock_set(MADE_S);
    await peri.make({});
    await fleet_make();
    assert.equal(await peri.stop(), 0);
    fs.rmSync(`${peri.data}/store/clock`); // it ran all the while: nobody waits for that here
    peri.clock_set(0);
    await peri.start();
    await rollout_make();
    const clients = [0, 1].map(client_run);
    seen.first = (await attest("attest 0", 200)).serialNumber.toLowerCase().padStart(32, "0");
    await attest("attest 1", 200);
    await everything_good();
    for (const next of ROWS)
        await Promise.race([row_run(next), ...clients]);
    over = true;
    await Promise.all(clients);
    await made_by_hand();
    await starts();
    row = { name: "the end" };
    await products_check(0, "first");
    await products_check(1, "second");
    assert.ok(seen.products[0].size > 20 && seen.products[1].size > 20, "there was no load");
    expect(await peri.ask(admin, "GET", seen.operation), "an operation that ended before", 200);
    const cas = expect(await peri.ask(admin, "GET", `${CATALOGS}/first/certificates?${VERSION}`), "CAs", 200).value;
    assert.deepEqual(cas.map((ca) => ca.properties.status).sort(), ["Active", "Inactive"], JSON.stringify(cas));
    serials_check();
    await revoke_check();
    await peri.run_good("peri", "audit", "verify");
    assert.equal(await peri.stop(), 0);
    console.log(`${ROWS.length} times the clock was set and set right, ${seen.serials.size} certificates, ` +
        `${seen.products[0].size} and ${seen.products[1].size} products acknowledged; answers to the load ${JSON.stringify(seen.statuses)}`);
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});

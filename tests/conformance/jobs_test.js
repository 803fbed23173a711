// SPDX-License-Identifier: BSD-2-Clause
/*
 * A whole service whose processes are killed, one or all at once, behind the answer that
 * an operation has begun: a client that goes on polling sees its end, and finds what it asked
 * for there once.
 */
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const https = require("node:https");
const test = require("node:test");
const { start, package_make, device_register } = require("./service.js");

const SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c2";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/kitchen`;
const CATALOGS = `${GROUP}/providers/Microsoft.AzureSphere/catalogs`;
const AGAIN_MS = 100, AGAIN_MAX = 600;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* One exchange; rejects when the service is away. */
function send(service, method, target, body) {
    const bytes = Buffer.from(body ? JSON.stringify(body) : "");
    const url = target.startsWith("https:") ? new URL(target) : null;
    return new Promise((resolve, reject) => {
        const request = https.request({ /* no connection is kept over a restart */
            host: "127.0.0.1", port: service.service_port, servername: "localhost", method, agent: false,
            path: url ? url.pathname + url.search : `${target}?api-version=2024-04-01`,
            ca: service.agent.options.ca, cert: service.agent.options.cert, key: service.agent.options.key,
            headers: bytes.length ? { "content-type": "application/json", "content-length": bytes.length } : {},
        }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
            answer.on("error", reject);
        });
        request.on("error", reject);
        request.end(bytes);
    });
}

/* As clients do: comes again while the service is away or busy. */
async function ask(service, method, target, body) {
    for (let times = 0; ; times++) {
        const answer = await send(service, method, target, body).catch(() => ({ status: 503 }));
        if (answer.status !== 503 || times === AGAIN_MAX)
            return answer;
        await pause(AGAIN_MS);
    }
}

async function poll_end(service, url) {
    for (let times = 0; times < AGAIN_MAX; times++) {
        const answer = await ask(service, "GET", url);
        if (answer.status !== 202 && !(answer.status === 200 && JSON.parse(answer.text).status === "InProgress"))
            return answer;
        await pause(AGAIN_MS);
    }
    assert.fail(`${url} never ended`);
}

/* Of a process of the service, by the name that it goes by. */
function kill(service, name) {
    const children = fs.readFileSync(`/proc/${service.child.pid}/task/${service.child.pid}/children`, "utf8").trim().split(" ");
    const victim = children.find((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(name));
    assert.ok(victim, `there is a process ${name}`);
    process.kill(Number(victim), "SIGKILL");
}

test("operations outlive the processes that run them", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const all = () => service.kill_and_start();
    const one = (name) => () => kill(service, name);
    /* who is killed behind the answer to each; few of them one by one: the supervisor waits longer each time */
    const rounds = [["of-one", one("issuer"), one("store"), one("api"), all], ["of-all", all, all, all, all]];
    for (const [index, [name, catalog_strike, claim_strike, upload_strike, delete_strike]] of rounds.entries()) {
        const catalog = `${CATALOGS}/${name}`;
        const made = await ask(service, "PUT", catalog, { location: "global" });
        assert.equal(made.status, 201);
        await catalog_strike();
        const ended = await poll_end(service, made.headers["azure-asyncoperation"]);
        assert.equal(JSON.parse(ended.text).status, "Succeeded", `${name}: ${ended.text}`);
        const cas = JSON.parse((await ask(service, "GET", `${catalog}/certificates`)).text).value;
        assert.equal(cas.length, 1);

        const field = `${catalog}/products/Oven/deviceGroups/Field`;
        await ask(service, "PUT", `${catalog}/products/Oven`, {});
        await ask(service, "PUT", field, {});
        const device = device_register(service, 0x10 + index);
        const claim = await ask(service, "POST", `${field}/claimDevices`, { deviceIdentifiers: [device] });
        assert.equal(claim.status, 202);
        await claim_strike();
        assert.equal((await poll_end(service, claim.headers.location)).status, 204, name);
        assert.equal(JSON.parse((await ask(service, "GET", `${field}/devices`)).text).value.length, 1);

        const image = package_make(service, `b5a1c0de-0001-4000-8000-00000000001${index}`,
                                   "b5a1c0de-0002-4000-8000-000000000002", name);
        const upload = await ask(service, "POST", `${catalog}/uploadImage`, { properties: { image } });
        assert.equal(upload.status, 202);
        await upload_strike();
        assert.equal((await poll_end(service, upload.headers.location)).status, 204, name);
        assert.equal(JSON.parse((await ask(service, "GET", `${catalog}/images`)).text).value.length, 1);

        const refused = await ask(service, "DELETE", GROUP);
        assert.equal(refused.status, 202);
        await delete_strike();
        assert.equal((await poll_end(service, refused.headers.location)).status, 409, name);
    }
});

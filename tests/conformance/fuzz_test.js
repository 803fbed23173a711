// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests made from the service's own document, against the real service:
 * malformed, extreme, and in no order.
 *   - No answer is a failure of the service (5xx), but "busy, come again".
 *   - Every error has the shape of Azure Resource Manager's.
 *   - An owner of one catalog reads nothing of another, and changes nothing there:
 *     the other holds words that no request holds.
 *   - Every operation of the document is asked, right and wrong; what makes, uses and removes
 *     the same things comes in every order, and polls name operations that did begin.
 * PERI_FUZZ_SEED and PERI_FUZZ_REQUESTS choose another or a longer run:
 *   PERI_BIN=build/test/bin PERI_FUZZ_SEED=7 PERI_FUZZ_REQUESTS=50000 tests/conformance/run fuzz_test.js
 * A failure prints the request.
 */
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const https = require("node:https");
const path = require("node:path");
const test = require("node:test");
const { start, package_make, device_register } = require("./service.js");
const { documents } = require("./document.js");
const { Requests } = require("./fuzz_requests.js");

const REQUESTS = Number(process.env.PERI_FUZZ_REQUESTS ?? 800);
const SEED = Number(process.env.PERI_FUZZ_SEED ?? 1);
const AT_ONCE = 8;
const SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c0";
const GROUP_PATH = `/subscriptions/${SUBSCRIPTION}/resourceGroups/kitchen/providers/Microsoft.AzureSphere/catalogs`;
const CANARY = "canary";

function agent_of(profile) {
    const read = (name) => fs.readFileSync(path.join(profile, name));
    return new https.Agent({ keepAlive: true, maxSockets: AT_ONCE, ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") });
}

function send(service, agent, { method, path: target, headers = {}, body = Buffer.alloc(0) }) {
    return new Promise((resolve, reject) => {
        const request = https.request({ host: "127.0.0.1", port: service.service_port, servername: "localhost",
                                        method, path: target, headers, agent, timeout: 60000 }, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
            answer.on("error", reject);
        });
        request.on("timeout", () => request.destroy(new Error("no answer in a minute")));
        request.on("error", reject);
        request.end(body);
    });
}

async function json(service, agent, method, target, body) {
    const bytes = Buffer.from(body ? JSON.stringify(body) : "");
    const answer = await send(service, agent, {
        method, path: `${target}?api-version=2024-04-01`, body: bytes,
        headers: bytes.length ? { "content-type": "application/json", "content-length": bytes.length } : {},
    });
    assert.ok(answer.status < 300, `${method} ${target}: ${answer.status} ${answer.body}`);
    return answer.body.length ? JSON.parse(answer.body) : null;
}

/* A catalog with one of everything; mark goes into all that is free text. */
async function catalog_fill(service, agent, name, mark, device, image_id, component_id) {
    const catalog = `${GROUP_PATH}/${name}`;
    const group = `${catalog}/products/Washer/deviceGroups/Field`;
    await json(service, agent, "PUT", catalog, { location: "global", tags: { mark } });
    await json(service, agent, "PUT", `${catalog}/products/Washer`, { properties: { description: mark } });
    await json(service, agent, "PUT", group, { properties: { description: mark } });
    const image = package_make(service, image_id, component_id, mark);
    await json(service, agent, "PUT", `${catalog}/images/${image_id}`, { properties: { image } });
    await json(service, agent, "PUT", `${group}/devices/${device}`, { properties: {} });
    await json(service, agent, "PUT", `${group}/deployments/.default`,
               { properties: { deployedImages: [{ properties: { imageId: image_id } }] } });
    return image;
}

/* All that can be read of a catalog, as text. */
async function snapshot(service, agent, name) {
    const catalog = `${GROUP_PATH}/${name}`;
    const group = `${catalog}/products/Washer/deviceGroups/Field`;
    const all = [];
    for (const at of [catalog, `${catalog}/products`, `${catalog}/products/Washer/deviceGroups`, `${catalog}/images`,
                      `${group}/devices`, `${group}/deployments`, `${catalog}/certificates`])
        all.push(await json(service, agent, "GET", at));
    return JSON.stringify(all);
}

function judge(request, answer, secrets) {
    const said = answer.body.toString("latin1");
    const what = `${request.method} ${request.path.slice(0, 400)}\n${request.body.toString("latin1").slice(0, 400)}\n-> ${answer.status} ${said.slice(0, 400)}`;
    assert.ok(answer.status < 500 || (answer.status === 503 && answer.headers["retry-after"]), what);
    for (const secret of secrets)
        assert.ok(!said.toLowerCase().includes(secret) && !JSON.stringify(answer.headers).includes(secret), `of another tenant: ${secret}\n${what}`);
    if (answer.status >= 400 && request.method !== "HEAD" && !/cbor/.test(answer.headers["content-type"] ?? "")) {
        const error = JSON.parse(said).error;
        assert.ok(error.code && error.message, what);
    }
}

/* What answers gave, for later requests: GUIDs of operations that did begin, tokens of devices that were let go. */
const begun = [], tokens = [];

async function play(service, agent, request, secrets, seen, reached) {
    const answer = await send(service, agent, request).catch((error) => assert.fail(`${error}: ${request.method} ${request.path.slice(0, 400)}`));
    judge(request, answer, secrets);
    const began = /operation(?:Statuses|Results)\/([0-9a-f-]{36})/.exec(answer.headers["azure-asyncoperation"] ?? answer.headers.location ?? "");
    if (began)
        begun.push(began[1]);
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    if (answer.status < 300) {
        reached.add(request.id);
        if (request.id === "Devices_Release" && answer.body.length)
            tokens.push(JSON.parse(answer.body).token);
    }
}

async function run(service, agent, requests, count, secrets, reached) {
    const seen = new Map();
    let left = count;
    const worker = async () => {
        while (left-- > 0)
            await play(service, agent, requests.next(), secrets, seen, reached);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return Object.fromEntries([...seen].sort());
}

/* What makes, uses and removes the same few things. */
const LIFE = [
    "Catalogs_CreateOrUpdate", "Products_CreateOrUpdate", "Products_GenerateDefaultDeviceGroups", "DeviceGroups_CreateOrUpdate",
    "Images_CreateOrUpdate", "Catalogs_UploadImage", "Deployments_CreateOrUpdate", "Rollouts_Create", "Rollouts_Pause", "Rollouts_Resume",
    "Rollouts_Abort", "Factory_RegisterDevice", "Devices_CreateOrUpdate", "DeviceGroups_ClaimDevices", "Devices_Update", "Devices_Release",
    "DeviceGroups_ClaimReleased", "Devices_Release", "Devices_Keep", "Devices_Revoke", "Devices_Reinstate", "Certificates_Renew", "Certificates_Activate",
    "Certificates_Revoke", "RoleAssignments_Create_Subscription", "RoleAssignments_Delete_Subscription",
    "RoleAssignments_Create_ResourceGroup", "RoleAssignments_Delete_ResourceGroup", "RoleAssignments_Create_Catalog",
    "RoleAssignments_Delete_Catalog", "ResourceGroups_CreateOrUpdate", "ResourceGroups_Delete", "OsImages_CreateOrUpdate",
    "OsReleases_CreateOrUpdate", "OsRollouts_Create", "OsRollouts_Pause", "OsRollouts_Resume", "OsRollouts_Abort", "Deployments_Delete",
    "Devices_Delete", "DeviceGroups_Delete", "Products_Delete", "Images_Delete", "Catalogs_Delete", "OperationStatuses_Get", "OperationResults_Get",
];
/* What cannot succeed here: a catalog that has devices and the current deployment do not go, a device is let go
 * to another catalog, and there is no image of an OS. */
const WITHOUT = ["Catalogs_Delete", "Deployments_Delete", "DeviceGroups_ClaimReleased", "OsImages_CreateOrUpdate", "OsReleases_CreateOrUpdate",
                 "OsRollouts_Create", "OsRollouts_Pause", "OsRollouts_Resume", "OsRollouts_Abort"];
const ORDERS = 6;

async function in_order(service, agent, requests, steps, seen, reached) {
    for (const id of steps)
        await play(service, agent, requests.of(id), [], seen, reached);
}

async function orders(service, agent, requests, reached) {
    const seen = new Map();
    for (let round = 0; round < ORDERS; round++) {
        const steps = requests.shuffled([...LIFE, ...LIFE]);
        /* one after the other, and then as many at once as there are connections */
        if (round % 2 === 0)
            await in_order(service, agent, requests, steps, seen, reached);
        else
            await Promise.all(steps.map((id) => play(service, agent, requests.of(id), [], seen, reached)));
    }
    return Object.fromEntries([...seen].sort());
}

test("requests of every kind", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const owner = agent_of(service.profile);
    const profile = path.join(service.data, "mallory");
    service.peri("operator", "create", "--data", service.folder, "--name", "mallory", "--output-directory", profile);
    const mallory = agent_of(profile);
    t.after(() => [owner, mallory].forEach((agent) => agent.destroy()));
    const [mine, theirs, free] = [0xa1, 0xb7, 0xc3].map((number) => device_register(service, number));
    const ids = ["0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"];
    const component = "0c000000-0000-4000-8000-000000000003";
    const image = await catalog_fill(service, owner, "own", "mine", mine, ids[0], component);
    await catalog_fill(service, owner, "other", CANARY, theirs, ids[1], component);
    service.peri("role", "assignment", "create", "--assignee", "mallory", "--role", "Owner", "--scope", `${GROUP_PATH}/own`);
    const tenant = (await json(service, owner, "GET", `${GROUP_PATH}/other`)).properties.tenantId;
    const own_tenant = (await json(service, owner, "GET", `${GROUP_PATH}/own`)).properties.tenantId;
    const before = await snapshot(service, owner, "other");
    const serial = (await json(service, owner, "GET", `${GROUP_PATH}/own/certificates`)).value[0].name;
    const [{ document }] = await documents(service);

    const value = (name, random, right) => {
        /* what is there stands first */
        const pick = (...list) => list[right ? 0 : Math.floor(random() * list.length)];
        const catalog = pick("own", "own", "other", "OTHER", "none");
        const group = `${GROUP_PATH}/${catalog}/products/${pick("Washer", ".default")}/deviceGroups/${pick("Field", ".default")}`;
        return {
            subscriptionId: SUBSCRIPTION, resourceGroupName: "kitchen", catalogName: catalog,
            productName: pick("Washer", "Second", ".default"), deviceGroupName: pick("Field", "New", ".default"),
            deviceName: pick(mine, theirs, free), deviceId: pick(mine, free), deviceGroupId: group,
            deviceIdentifiers: pick(mine, theirs, free), imageName: pick(...ids), imageId: pick(...ids), image, images: pick(...ids),
            deploymentName: pick(".default", ids[0]), serialNumber: pick(serial, ".default", "active", "1F"), location: pick("global", "eastus"),
            version: pick("26.10", "26.11"), operation: pick(...begun, ids[0]), assignment: ids[0], rollout: pick(...ids),
            crashGroup: ids[0], dump: ids[0], definition: "5a382001-fe36-41ff-bba4-8bf06bd54da9", provider: "Microsoft.AzureSphere", id: `${GROUP_PATH}/${catalog}`,
            roleDefinitionId: pick("Azure Sphere Reader", "Owner", "Azure Sphere Owner"), principalId: pick("certificate:x", "certificate:mallory"),
            description: "text", proofOfPossessionNonce: "0451", deploymentId: ids[0], steps: 100, stepMinutes: 5, minimumDevices: 1,
            stopThresholdPercent: 10, silentChecks: 3, targetTenantId: own_tenant, expiresInHours: 24, token: tokens.at(-1), osVersion: "26.10",
        }[name];
    };
    const secrets = [CANARY, tenant];
    const reached = new Set();
    const all = new Requests(document, SEED + 1, value);
    assert.ok(REQUESTS >= 2 * all.operations.length, `every operation comes twice: PERI_FUZZ_REQUESTS is at least ${2 * all.operations.length}`);
    await in_order(service, owner, all, LIFE, new Map(), reached);
    const wrong = LIFE.filter((id) => !reached.has(id) && !WITHOUT.includes(id));
    assert.deepEqual(wrong, [], "in the order that is meant, each of them succeeds");
    await catalog_fill(service, owner, "own", "mine", mine, ids[0], component);
    const seen = await run(service, mallory, new Requests(document, SEED, value), REQUESTS, secrets, reached);
    console.log(`# as an owner of one catalog, seed ${SEED}: ${JSON.stringify(seen)}`);
    assert.ok((seen[200] ?? 0) > REQUESTS / 20, "enough requests were right");
    assert.equal(await snapshot(service, owner, "other"), before);

    const ordered = await orders(service, owner, all, reached);
    console.log(`# makers, users and removers in ${ORDERS} orders: ${JSON.stringify(ordered)}`);
    const whole = await run(service, owner, all, REQUESTS, [], reached);
    console.log(`# as an owner of the service, seed ${SEED + 1}: ${JSON.stringify(whole)}`);
    assert.ok((whole[200] ?? 0) > REQUESTS / 20, "enough requests were right");
    const never = all.operations.map((one) => one.operation.operationId).filter((id) => !reached.has(id));
    console.log(`# operations: ${all.operations.length}, never right: ${never.join(" ")}`);
    await json(service, owner, "GET", "/providers/Perisphere/status");
    assert.ok(!/died|again|Sanitizer/.test(service.log.text.replace(/^\{.*$/gm, "")), service.log.text.slice(-2000));
});

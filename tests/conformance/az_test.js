// SPDX-License-Identifier: BSD-2-Clause
/*
 * `az`, the command line of Azure, as Debian has it (2.45), unmodified: the service is
 * registered as a cloud, logged in to by a managed identity, and used.  Run by ./az, since
 * installing azure-cli takes minutes; what it cannot do is in docs/spec/management-api.md.
 */
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const test = require("node:test");
const { start, package_make, device_register } = require("./service.js");

const SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c4";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/kitchen`;
const CATALOG = `${GROUP}/providers/Microsoft.AzureSphere/catalogs/contoso`;
const FIELD = `${CATALOG}/products/Oven/deviceGroups/Field`;
const IMAGE_ID = "b5a1c0de-0001-4000-8000-000000000001";
const COMPONENT_ID = "b5a1c0de-0002-4000-8000-000000000002";
const AZ_MS = 120000;

/* The endpoint at which az asks for a managed identity's token: one that nobody looks at. */
function identity_start() {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = [part({ alg: "none", typ: "JWT" }), part({ tid: "00000000-0000-0000-0000-000000000000", oid: "x" }),
                   part("none")].join(".");
    const server = http.createServer((request, answer) => {
        answer.setHeader("content-type", "application/json");
        answer.end(JSON.stringify({ access_token: token, expires_on: "12/31/2099 00:00:00 +00:00", resource: "perisphere",
                                    token_type: "Bearer", client_id: "x" }));
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

let environment = null;

function az(...words) {
    return new Promise((resolve, reject) => {
        const child = spawn("az", words, { env: environment, stdio: ["ignore", "pipe", "pipe"], timeout: AZ_MS });
        const got = { out: "", err: "" };
        child.stdout.on("data", (part) => { got.out += part; });
        child.stderr.on("data", (part) => { got.err += part; });
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, ...got }));
    });
}

/* What it prints, as JSON. */
async function json(...words) {
    const { code, out, err } = await az(...words, "--output", "json");
    assert.equal(code, 0, `az ${words.join(" ")}\n${err}`);
    return out.trim() ? JSON.parse(out) : null;
}

async function refused(what, ...words) {
    const { code, err } = await az(...words);
    assert.notEqual(code, 0, `az ${words.join(" ")}`);
    assert.match(err, what);
}

const version = ["--api-version", "2024-04-01"];

async function groups_used() {
    assert.equal((await json("group", "create", "-n", "kitchen", "-l", "westeurope", "--tags", "a=b")).id, GROUP);
    await json("group", "create", "-n", "hall", "-l", "global");
    assert.deepEqual(await json("group", "list", "--query", "[].name"), ["kitchen", "hall"]);
    assert.equal(await json("group", "exists", "-n", "KITCHEN"), true);
    assert.equal(await json("group", "exists", "-n", "attic"), false);
    assert.deepEqual(await json("group", "update", "-n", "kitchen", "--set", "tags.x=y", "--query", "tags"), { a: "b", x: "y" });
    assert.deepEqual(await json("group", "list", "--tag", "a=b", "--query", "[].name"), ["kitchen"]);
    await json("group", "delete", "-n", "hall", "-y");
    assert.equal(await json("group", "exists", "-n", "hall"), false);
    await refused(/ResourceNotFound/, "group", "show", "-n", "hall");
}

async function resources_used(device, image) {
    const at = (id) => ["--id", id, ...version];
    assert.equal(await json("resource", "create", ...at(CATALOG), "--location", "global", "--properties", "{}", "--query", "id"), CATALOG);
    await json("resource", "create", "-g", "kitchen", "-n", "second", "--resource-type", "Microsoft.AzureSphere/catalogs", "-l", "global",
               "--properties", "{}");
    for (const filter of [[], ["-g", "kitchen"], ["--resource-type", "Microsoft.AzureSphere/catalogs"], ["-l", "global"]])
        assert.deepEqual(await json("resource", "list", ...filter, "--query", "[].name"), ["contoso", "second"], filter);
    assert.deepEqual(await json("resource", "list", "--name", "second", "--query", "[].name"), ["second"]);
    assert.deepEqual(await json("resource", "tag", ...at(CATALOG), "--tags", "site=north", "--query", "tags"), { site: "north" });
    assert.deepEqual(await json("resource", "update", ...at(CATALOG), "--set", "tags.b=c", "--query", "tags"), { site: "north", b: "c" });
    assert.deepEqual(await json("resource", "list", "--tag", "site=north", "--query", "[].name"), ["contoso"]);
    const product = `${CATALOG}/products/Oven`;
    await json("resource", "create", ...at(product), "--properties", '{"description":"DW"}');
    assert.equal((await json("resource", "invoke-action", ...at(product), "--action", "generateDefaultDeviceGroups")).value.length, 5);
    await json("resource", "create", ...at(FIELD), "--properties", "{}");
    const body = path.join(environment.AZURE_CONFIG_DIR, "body.json");
    fs.writeFileSync(body, JSON.stringify({ properties: { image } }));
    await json("rest", "--method", "post", "--url", `${CATALOG}/uploadImage?api-version=2024-04-01`, "--body", `@${body}`);
    await json("resource", "create", ...at(`${FIELD}/deployments/.default`), "--properties",
               JSON.stringify({ deployedImages: [{ properties: { imageId: IMAGE_ID } }] }));
    await json("resource", "invoke-action", ...at(FIELD), "--action", "claimDevices", "--request-body",
               JSON.stringify({ deviceIdentifiers: [device] }));
    assert.equal(await json("resource", "show", ...at(`${FIELD}/devices/${device}`), "--query", "name"), device);
    assert.equal((await json("rest", "--method", "post", "--url", `${CATALOG}/listDevices?api-version=2024-04-01`)).value.length, 1);
    await json("resource", "delete", "--ids", `${GROUP}/providers/Microsoft.AzureSphere/catalogs/second`);
    await refused(/failed to be deleted/, "resource", "delete", ...at(CATALOG));
    await refused(/Conflict/, "group", "delete", "-n", "kitchen", "-y");
}

/* az's own `role` does not run with Debian's libraries: it asks as they do. */
async function roles_used() {
    const roles = `${GROUP}/providers/Microsoft.Authorization`;
    const [reader] = (await json("rest", "--url", `${roles}/roleDefinitions?api-version=2022-04-01&$filter=roleName eq 'Azure Sphere Reader'`)).value;
    const name = `${roles}/roleAssignments/00000000-0000-0000-0000-000000000001?api-version=2022-04-01`;
    await json("rest", "--method", "put", "--url", name, "--body",
               JSON.stringify({ properties: { roleDefinitionId: reader.id, principalId: "certificate:bob", principalType: "User" } }));
    const all = (await json("rest", "--url", `${roles}/roleAssignments?api-version=2022-04-01&$filter=atScope()`)).value;
    assert.deepEqual(all.filter((one) => one.properties.scope === GROUP).map((one) => one.properties.principalId), ["certificate:bob"]);
    await json("rest", "--method", "delete", "--url", name);
}

test("az, with the service as its cloud", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const identity = await identity_start();
    t.after(() => identity.close());
    const folder = path.join(service.data, "azure");
    fs.mkdirSync(folder);
    environment = { ...process.env, AZURE_CONFIG_DIR: folder, AZURE_CORE_COLLECT_TELEMETRY: "no", MSI_SECRET: "none",
                    MSI_ENDPOINT: `http://127.0.0.1:${identity.address().port}/token`,
                    REQUESTS_CA_BUNDLE: path.join(service.profile, "ca.pem") };
    const device = device_register(service, 0xd4);
    const image = package_make(service, IMAGE_ID, COMPONENT_ID, "Oven");
    await json("cloud", "register", "--name", "perisphere", "--endpoint-resource-manager", service.url);
    await json("cloud", "set", "--name", "perisphere");
    /* a subscription is there once somebody has a role at it */
    service.peri("role", "assignment", "create", "--assignee", "bob", "--role", "Reader", "--scope", `/subscriptions/${SUBSCRIPTION}`);
    const [account] = await json("login", "--identity");
    assert.equal(account.id, SUBSCRIPTION);
    assert.deepEqual(await json("account", "list-locations", "--query", "[].name"), ["global"]);
    assert.ok((await json("provider", "list", "--query", "[].namespace")).includes("Microsoft.AzureSphere"));
    await json("provider", "register", "-n", "Microsoft.AzureSphere");
    await groups_used();
    await resources_used(device, image);
    await roles_used();
    console.log(`# ${service.record.length} requests of az ${(await json("version"))["azure-cli"]}`);
});

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Microsoft's authorization client, as it comes, with its own api-versions: role
 * definitions and assignments at every kind of place, and the errors by which scripts
 * decide.  What is given counts: the other operator asks with its own certificate.
 */
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const https = require("node:https");
const path = require("node:path");
const test = require("node:test");
const { AuthorizationManagementClient } = require("@azure/arm-authorization");
const { ResourceManagementClient } = require("@azure/arm-resources");
const { start } = require("./service.js");

const SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c2";
const GROUP = `subscriptions/${SUBSCRIPTION}/resourceGroups/kitchen`;
const CATALOG = `${GROUP}/providers/Microsoft.AzureSphere/catalogs/contoso`;
const VERSION = "api-version=2024-04-01";
const id = (number) => `00000000-0000-4000-8000-0000000000${number}`;

async function all(pages) {
    const found = [];
    for await (const one of pages)
        found.push(one);
    return found;
}

/* GET by an operator's certificate, past the recorder: the status. */
function status_of(service, folder, where) {
    const read = (name) => fs.readFileSync(path.join(folder, name));
    return new Promise((resolve, reject) => {
        https.get(`${service.direct}/${where}?${VERSION}`, {
            ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem"), agent: false, servername: "localhost",
        }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on("error", reject);
    });
}

test("roles as Azure has them", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const credential = { getToken: async () => ({ token: "not-looked-at", expiresOnTimestamp: Date.now() + 3600000 }) };
    const client = new AuthorizationManagementClient(credential, SUBSCRIPTION, { endpoint: service.url });
    const { roleAssignments: roles, roleDefinitions: definitions } = client;
    const { resources } = new ResourceManagementClient(credential, SUBSCRIPTION, { endpoint: service.url });
    await resources.beginCreateOrUpdateByIdAndWait(`/${CATALOG}`, "2024-04-01", { location: "global" }, { updateIntervalInMs: 5 });
    const bob = path.join(service.data, "bob");
    service.peri("operator", "create", "--data", service.folder, "--name", "bob", "--output-directory", bob);

    const known = await all(definitions.list(`/${CATALOG}`));
    assert.deepEqual(known.map((one) => one.roleName).sort(), ["Azure Sphere Contributor", "Azure Sphere Owner",
                                                               "Azure Sphere Publisher", "Azure Sphere Reader"]);
    const [reader] = await all(definitions.list(`/${CATALOG}`, { filter: "roleName eq 'Azure Sphere Reader'" }));
    assert.equal((await definitions.getById(reader.id.slice(1))).roleName, "Azure Sphere Reader");
    assert.ok(reader.permissions[0].actions.includes("Microsoft.AzureSphere/*/read"));

    const give = (scope, number, role = reader.id) =>
        roles.create(scope, id(number), { roleDefinitionId: role, principalId: "certificate:bob", principalType: "User" });
    assert.equal(await status_of(service, bob, CATALOG), 404);
    const given = await give(CATALOG, 10);
    assert.equal(given.name, id(10));
    assert.equal(given.principalId, "certificate:bob");
    assert.equal(given.scope.toLowerCase(), `/${CATALOG}`.toLowerCase());
    assert.equal(await status_of(service, bob, CATALOG), 200);
    assert.equal((await give(CATALOG, 10)).id, given.id);
    await assert.rejects(give(CATALOG, 11), { statusCode: 409, code: "RoleAssignmentExists" });
    await assert.rejects(give(GROUP, 10), { statusCode: 409, code: "Conflict" });
    await assert.rejects(roles.create(CATALOG, id(12), { roleDefinitionId: reader.id, principalId: "bob" }),
                         { statusCode: 400, code: "InvalidRequestContent", message: /certificate:NAME.*'bob'/ });
    await give(GROUP, 13);
    await give(`subscriptions/${SUBSCRIPTION}`, 14);

    assert.equal((await roles.get(CATALOG, id(10))).id, given.id);
    assert.equal((await roles.getById(given.id.slice(1))).name, id(10));
    const names = async (pages) => (await all(pages)).filter((one) => one.principalId === "certificate:bob").map((one) => one.name).sort();
    const mine = { filter: "assignedTo('certificate:bob')" };
    assert.deepEqual(await names(roles.listForScope(`/${CATALOG}`, mine)), [id(10), id(13), id(14)]);
    assert.deepEqual(await names(roles.listForResourceGroup("kitchen", { filter: "atScope()" })), [id(13), id(14)]);
    assert.deepEqual(await names(roles.listForResource("kitchen", "Microsoft.AzureSphere", "catalogs", "contoso")),
                     [id(10), id(13), id(14)]);
    assert.ok((await names(roles.listForSubscription())).includes(id(14)));

    for (const [scope, number] of [[CATALOG, 10], [GROUP, 13], [`subscriptions/${SUBSCRIPTION}`, 14]])
        assert.equal((await roles.delete(scope, id(number))).name, id(number));
    assert.equal((await roles.delete(CATALOG, id(10)))?.name, undefined); /* again: 204 */
    await assert.rejects(roles.get(CATALOG, id(10)), { statusCode: 404 });
    assert.equal(await status_of(service, bob, CATALOG), 404);
});

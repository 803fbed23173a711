// SPDX-License-Identifier: BSD-2-Clause
/*
 * Microsoft's resource client, as it comes, with its own api-versions: resource groups,
 * what is in them, providers, and deletion followed to its end.
 */
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { ResourceManagementClient } = require("@azure/arm-resources");
const { start } = require("./service.js");

const SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c1";
const polling = { updateIntervalInMs: 5 };

async function all(pages) {
    const found = [];
    for await (const one of pages)
        found.push(one);
    return found;
}

test("resource groups as Azure has them", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const credential = { getToken: async () => ({ token: "not-looked-at", expiresOnTimestamp: Date.now() + 3600000 }) };
    const client = new ResourceManagementClient(credential, SUBSCRIPTION, { endpoint: service.url });
    const groups = client.resourceGroups;

    assert.equal((await groups.checkExistence("kitchen")).body, false);
    const made = await groups.createOrUpdate("Kitchen", { location: "westeurope", tags: { site: "north" } });
    assert.equal(made.name, "Kitchen");
    assert.equal(made.properties.provisioningState, "Succeeded");
    assert.equal((await groups.checkExistence("kitchen")).body, true);
    assert.deepEqual((await groups.update("kitchen", { tags: { site: "south" } })).tags, { site: "south" });
    assert.deepEqual((await groups.get("KITCHEN")).tags, { site: "south" });
    await assert.rejects(groups.createOrUpdate("kitchen", { location: "eastus" }), { statusCode: 409 });

    const catalog = `/subscriptions/${SUBSCRIPTION}/resourceGroups/Kitchen/providers/Microsoft.AzureSphere/catalogs/contoso`;
    await client.resources.beginCreateOrUpdateByIdAndWait(catalog, "2024-04-01", { location: "global" }, polling);
    await client.resources.beginCreateOrUpdateByIdAndWait(`${catalog}/products/Oven`, "2024-04-01", {}, polling);
    await groups.createOrUpdate("Hall", { location: "global" });
    assert.deepEqual((await all(groups.list())).map((one) => one.name), ["Kitchen", "Hall"]);
    assert.deepEqual((await all(groups.list({ top: 1 }))).map((one) => one.name), ["Kitchen"]);
    assert.deepEqual((await all(client.resources.list())).map((one) => one.id), [catalog]);
    assert.deepEqual((await all(client.resources.listByResourceGroup("kitchen"))).map((one) => one.type),
                     ["Microsoft.AzureSphere/catalogs"]);
    assert.deepEqual(await all(client.resources.list({ filter: "resourceType eq 'Microsoft.Web/sites'" })), []);

    assert.equal((await client.providers.register("Microsoft.AzureSphere")).registrationState, "Registered");
    assert.ok((await all(client.providers.list())).some((one) => one.namespace === "Microsoft.AzureSphere"));

    await assert.rejects(groups.beginDeleteAndWait("kitchen", polling), { code: "Conflict" });
    assert.equal((await groups.checkExistence("kitchen")).body, true);
    await client.resources.beginDeleteByIdAndWait(`${catalog}/products/Oven`, "2024-04-01", polling);
    await groups.beginDeleteAndWait("kitchen", polling);
    assert.equal((await groups.checkExistence("kitchen")).body, false);
    await assert.rejects(client.resources.getById(catalog, "2024-04-01"), { statusCode: 404 });
    await assert.rejects(groups.beginDeleteAndWait("kitchen", polling), { statusCode: 404 });
});

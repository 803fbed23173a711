// SPDX-License-Identifier: BSD-2-Clause
/*
 * Microsoft's resource client, as it comes: create, read, update, existence and
 * delete of every resource type by its id, long-running operations followed to
 * their ends.  It sends "//subscriptions/..." by itself: the ids are given with
 * their leading slash, as Azure writes them.
 */
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { ResourceManagementClient } = require("@azure/arm-resources");
const { start, package_make, device_register } = require("./service.js");
const { documents } = require("./document.js");
const { judge } = require("./judge.js");

const VERSION = "2024-04-01";
const SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c0";
const CATALOG = `/subscriptions/${SUBSCRIPTION}/resourceGroups/kitchen/providers/Microsoft.AzureSphere/catalogs/contoso`;
const PRODUCT = `${CATALOG}/products/Dishwasher`;
const GROUP = `${PRODUCT}/deviceGroups/Field Test`;
const IMAGE_ID = "b5a1c0de-0001-4000-8000-000000000001";
const COMPONENT_ID = "b5a1c0de-0002-4000-8000-000000000002";

function client_of(service) {
    const credential = { getToken: async () => ({ token: "not-looked-at", expiresOnTimestamp: Date.now() + 3600000 }) };
    return new ResourceManagementClient(credential, SUBSCRIPTION, { endpoint: service.url });
}

/* The uri of an image, as an HTTP client or a cache would use it: no credential. */
async function download(uri, image) {
    const bytes = Buffer.from(image, "base64");
    const whole = await fetch(uri);
    assert.equal(whole.status, 200);
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);
    const etag = whole.headers.get("etag");
    assert.match(whole.headers.get("cache-control"), /^public, max-age=[0-9]+, immutable$/);
    assert.equal(whole.headers.get("accept-ranges"), "bytes");
    const head = await fetch(uri, { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.headers.get("content-length"), String(bytes.length));
    assert.equal(head.headers.get("etag"), etag);
    const part = await fetch(uri, { headers: { Range: "bytes=10-19", "If-Range": etag } });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 20));
    assert.equal((await fetch(uri, { headers: { Range: "bytes=10-19", "If-Range": '"other"' } })).status, 200);
    const same = await fetch(uri, { headers: { "If-None-Match": `"other", W/${etag}` } });
    assert.equal(same.status, 304);
    assert.equal(same.headers.get("etag"), etag);
    assert.equal((await fetch(uri, { headers: { Range: "bytes=99999999-" } })).status, 416);
    const last = uri.at(-1) === "0" ? "1" : "0";
    assert.equal((await fetch(uri.slice(0, -1) + last)).status, 404);
    assert.equal((await fetch(uri.slice(0, -1))).status, 404);
}

const polling = { updateIntervalInMs: 5 };

test("every resource type, created, read, updated, deleted", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const resources = client_of(service).resources;
    const put = (id, body) => resources.beginCreateOrUpdateByIdAndWait(id, VERSION, body, polling);
    const patch = (id, body) => resources.beginUpdateByIdAndWait(id, VERSION, body, polling);
    const remove = (id) => resources.beginDeleteByIdAndWait(id, VERSION, polling);
    const get = (id) => resources.getById(id, VERSION);
    const device = device_register(service, 0xd1);
    const image = package_make(service, IMAGE_ID, COMPONENT_ID, "Dishwasher");

    const catalog = await put(CATALOG, { location: "global", tags: { site: "north" } });
    assert.equal(catalog.name, "contoso");
    assert.equal(catalog.properties.provisioningState, "Succeeded");
    assert.deepEqual((await patch(CATALOG, { tags: { site: "south" } })).tags, { site: "south" });

    await put(PRODUCT, { properties: { description: "DW100" } });
    assert.equal((await patch(PRODUCT, { properties: { description: "DW101" } })).properties.description, "DW101");

    await put(GROUP, { properties: { osFeedType: "RetailEval" } });
    const changed = await patch(GROUP, { properties: { updatePolicy: "No3rdPartyAppUpdates" } });
    assert.equal(changed.properties.osFeedType, "RetailEval");
    assert.equal(changed.properties.updatePolicy, "No3rdPartyAppUpdates");

    const stored = await put(`${CATALOG}/images/${IMAGE_ID}`, { properties: { image } });
    assert.equal(stored.properties.componentId, COMPONENT_ID);
    assert.equal(stored.properties.imageType, "Applications");
    await download(stored.properties.uri, image);

    const deployment = await put(`${GROUP}/deployments/.default`, { properties: { deployedImages: [stored] } });
    assert.equal(deployment.properties.deployedImages[0].properties.imageId, IMAGE_ID);
    assert.equal((await get(GROUP)).properties.hasDeployment, true);

    const claimed = await put(`${GROUP}/devices/${device}`, { properties: { deviceId: device } });
    assert.equal(claimed.properties.deviceId, device);
    await put(`${PRODUCT}/deviceGroups/Production`, { properties: {} });
    const moved = await patch(`${GROUP}/devices/${device}`,
                              { properties: { deviceGroupId: `${PRODUCT}/deviceGroups/Production` } });
    assert.match(moved.id, /deviceGroups\/Production\/devices\//);

    const certificate = await get(`${CATALOG}/certificates/.default`);
    assert.equal(certificate.properties.status, "Active");

    for (const id of [CATALOG, PRODUCT, GROUP, `${CATALOG}/images/${IMAGE_ID}`])
        assert.equal((await resources.checkExistenceById(id, VERSION)).body, true, id);
    assert.equal((await resources.checkExistenceById(`${CATALOG}/products/Other`, VERSION)).body, false);

    await assert.rejects(remove(`${PRODUCT}/deviceGroups/Production`), { statusCode: 409, code: "Conflict" });
    await assert.rejects(remove(`${CATALOG}/images/${IMAGE_ID}`), { statusCode: 409 });
    await put(`${GROUP}/deployments/.default`, { properties: { deployedImages: [] } });
    await remove(`${GROUP}/deployments/${deployment.name}`);
    await remove(`${CATALOG}/images/${IMAGE_ID}`);
    await remove(`${PRODUCT}/deviceGroups/Production/devices/${device}`);
    await remove(`${PRODUCT}/deviceGroups/Production`);
    await remove(GROUP);
    await remove(PRODUCT);
    await remove(PRODUCT); /* again: nothing there is success */
    await assert.rejects(get(PRODUCT), { statusCode: 404, code: "ResourceNotFound" });
    await assert.rejects(put(`${CATALOG}/products/x`, {}), { statusCode: 400, code: "InvalidResourceName" });
    await assert.rejects(resources.getById(CATALOG, "2021-01-01"), { statusCode: 400 });
    assert.ok(service.record.some((one) => one.url.startsWith("//subscriptions/")), "the client's double slash came");
    assert.ok(service.record.some((one) => one.answer_headers["azure-asyncoperation"]), "an operation ran on");
    for (const { name, file } of await documents(service))
        await t.test(`judged by ${name}`, () => judge(service.record, file));
});

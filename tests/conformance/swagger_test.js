// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client generated at run time from an OpenAPI document: every operation that the
 * document has for Microsoft.AzureSphere, lists followed through nextLink to their
 * ends and long-running operations through Location.
 * Endpoint and credential are all that is set.
 */
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const SwaggerClient = require("swagger-client");
const { start, package_make, device_register } = require("./service.js");
const { documents } = require("./document.js");
const { judge } = require("./judge.js");

const IMAGE_ID = "b5a1c0de-0001-4000-8000-000000000001";
const SECOND_ID = "b5a1c0de-0003-4000-8000-000000000003";
const COMPONENT_ID = "b5a1c0de-0002-4000-8000-000000000002";
const OPERATIONS = 45;

const common = (number) => ({
    "api-version": "2024-04-01", subscriptionId: `00000000-0000-0000-0000-0000000000c${number}`,
    resourceGroupName: "kitchen", catalogName: "contoso", productName: "Dishwasher", deviceGroupName: "Field Test",
});

/* {call(operation, parameters), list(operation, parameters), called} */
async function client_make(service, spec, given) {
    const client = await SwaggerClient({
        spec: { ...spec, host: new URL(service.url).host, schemes: ["https"] },
        authorizations: { azure_auth: { token: { access_token: "not-looked-at" } } },
    });
    const called = new Set();
    const get = async (url) => {
        const answer = await fetch(url);
        return { status: answer.status, headers: answer.headers, body: answer.status === 200 ? await answer.json() : null };
    };
    /* Until the operation has ended; its result, if it has one. */
    const follow = async (answer) => {
        let url = answer.headers.location;
        while (answer.status === 202) {
            assert.ok(url, "202 says where its end shows");
            assert.ok(Number(answer.headers["retry-after"] ?? answer.headers.get?.("retry-after")) >= 0);
            await new Promise((resolve) => setTimeout(resolve, 20));
            answer = await get(url);
        }
        return answer;
    };
    const call = async (operationId, parameters = {}) => {
        called.add(operationId);
        return follow(await client.execute({ operationId, parameters: { ...given, ...parameters } }));
    };
    const list = async (operationId, parameters = {}) => {
        let page = (await call(operationId, parameters)).body;
        const rows = [...page.value];
        let pages = 1;
        for (; page.nextLink; pages++) {
            page = (await get(page.nextLink)).body;
            rows.push(...page.value);
        }
        return { rows, pages };
    };
    return { call, list, called };
}

/* number: of this run; each has a subscription and devices of its own. */
async function run(service, spec, number) {
    const given = common(number);
    const { call, list, called } = await client_make(service, spec, given);
    const [device, ...others] = [1, 2, 3, 4].map((one) => device_register(service, number * 16 + one));

    assert.ok((await list("Operations_List")).rows.length > 20);
    await call("Catalogs_CreateOrUpdate", { resource: { location: "global" } });
    await call("Catalogs_CreateOrUpdate", { catalogName: "second", resource: { location: "global" } });
    assert.deepEqual((await call("Catalogs_Update", { properties: { tags: { a: "b" } } })).body.tags, { a: "b" });
    assert.equal((await call("Catalogs_Get")).body.name, "contoso");
    assert.equal((await list("Catalogs_ListBySubscription")).rows.length, 2);
    assert.equal((await list("Catalogs_ListByResourceGroup")).rows.length, 2);

    const certificates = (await list("Certificates_ListByCatalog")).rows;
    const serialNumber = certificates[0].name;
    assert.equal((await call("Certificates_Get", { serialNumber })).body.name, serialNumber);
    assert.ok((await call("Certificates_RetrieveCertChain", { serialNumber })).body.certificateChain);
    assert.ok((await call("Certificates_RetrieveProofOfPossessionNonce",
                          { serialNumber, proofOfPossessionNonceRequest: { proofOfPossessionNonce: "0451AA" } })).body.certificate);

    await call("Products_CreateOrUpdate", { resource: { properties: { description: "DW100" } } });
    await call("Products_Update", { properties: { properties: { description: "DW101" } } });
    assert.equal((await call("Products_Get")).body.properties.description, "DW101");
    assert.equal((await list("Products_ListByCatalog")).rows.length, 1);
    assert.equal((await list("Products_GenerateDefaultDeviceGroups")).rows.length, 5);
    await call("DeviceGroups_CreateOrUpdate", { deviceGroupName: "Lab", resource: { properties: { osFeedType: "RetailEval" } } });
    await call("DeviceGroups_Update", { deviceGroupName: "Lab", properties: { properties: { description: "bench" } } });
    assert.equal((await call("DeviceGroups_Get", { deviceGroupName: "Lab" })).body.properties.osFeedType, "RetailEval");
    const paged = await list("DeviceGroups_ListByProduct", { $maxpagesize: 2 });
    assert.deepEqual([paged.rows.length, paged.pages], [6, 3]);
    const posted = await list("Catalogs_ListDeviceGroups", { listDeviceGroupsRequest: {}, $maxpagesize: 4 });
    assert.deepEqual([posted.rows.length, posted.pages], [6, 2]);
    const named = await list("Catalogs_ListDeviceGroups", { listDeviceGroupsRequest: { deviceGroupName: "Lab" } });
    assert.deepEqual(named.rows.map((row) => row.name), ["Lab"]);

    const image = package_make(service, IMAGE_ID, COMPONENT_ID, "Dishwasher");
    await call("Images_CreateOrUpdate", { imageName: IMAGE_ID, resource: { properties: { image } } });
    await call("Catalogs_UploadImage", { uploadImageRequest: { properties: { image: package_make(service, SECOND_ID, COMPONENT_ID, "Next") } } });
    assert.equal((await call("Images_Get", { imageName: SECOND_ID })).body.properties.image, "Next");
    assert.equal((await list("Images_ListByCatalog", { $maxpagesize: 1 })).pages, 2);

    await call("Deployments_CreateOrUpdate",
               { deploymentName: ".default", resource: { properties: { deployedImages: [{ properties: { imageId: IMAGE_ID } }] } } });
    await call("Deployments_CreateOrUpdate",
               { deploymentName: ".default", resource: { properties: { deployedImages: [{ properties: { imageId: SECOND_ID } }] } } });
    const deployments = (await list("Deployments_ListByDeviceGroup")).rows;
    assert.equal(deployments.length, 2);
    const current = (await call("Deployments_Get", { deploymentName: ".default" })).body;
    const former = deployments.find((one) => one.name !== current.name);
    assert.equal((await list("Catalogs_ListDeployments", { $maxpagesize: 1 })).pages, 2);
    await call("Deployments_Delete", { deploymentName: former.name });
    await call("Images_Delete", { imageName: IMAGE_ID });

    await call("Devices_CreateOrUpdate", { deviceName: device, resource: { properties: {} } });
    await call("DeviceGroups_ClaimDevices", { claimDevicesRequest: { deviceIdentifiers: others } });
    assert.equal((await list("Devices_ListByDeviceGroup")).rows.length, 4);
    assert.deepEqual((await list("Catalogs_ListDevices", { $maxpagesize: 3, $skip: 1 })).rows.length, 3);
    for (const operation of ["Catalogs_CountDevices", "Products_CountDevices", "DeviceGroups_CountDevices"])
        assert.equal((await call(operation)).body.value, 4, operation);
    assert.equal((await call("Devices_Get", { deviceName: device })).body.properties.deviceId, device);
    const lab = `/subscriptions/${given.subscriptionId}/resourceGroups/kitchen/providers/Microsoft.AzureSphere/catalogs/contoso/products/Dishwasher/deviceGroups/Lab`;
    await call("Devices_Update", { deviceName: device, properties: { properties: { deviceGroupId: lab } } });
    assert.ok((await call("Devices_GenerateCapabilityImage",
                          { deviceGroupName: "Lab", deviceName: device,
                            generateDeviceCapabilityRequest: { capabilities: ["ApplicationDevelopment"] } })).body.image);
    assert.equal((await list("Catalogs_ListDeviceInsights")).rows.length, 0);

    await call("Devices_Delete", { deviceGroupName: "Lab", deviceName: device });
    await call("DeviceGroups_Delete", { deviceGroupName: "Lab" });
    await call("Products_CreateOrUpdate", { catalogName: "second", resource: { properties: {} } });
    await call("Products_Delete", { catalogName: "second" });
    await call("Catalogs_Delete", { catalogName: "second" });
    await assert.rejects(call("Catalogs_Get", { catalogName: "second" }), { status: 404 });

    const known = Object.values(spec.paths).flatMap((path) => Object.values(path)).map((one) => one.operationId);
    assert.equal(known.filter((id) => called.has(id)).length, OPERATIONS);
}

test("every operation, from the document alone", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const all = await documents(service);
    for (const [number, { name, document }] of all.entries())
        await t.test(`a client made from ${name}`, () => run(service, document, number));
    assert.ok(service.record.some((one) => one.url.includes("operationResults")), "an operation ran on");
    for (const { name, file } of all)
        await t.test(`judged by ${name}`, async () => assert.ok(await judge(service.record, file) >= OPERATIONS));
});

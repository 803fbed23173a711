// SPDX-License-Identifier: BSD-2-Clause
/*
 * Microsoft's management libraries for Python (azure_client.py), as Debian has them, over the
 * service, and every exchange judged.
 */
"use strict";
const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const path = require("node:path");
const test = require("node:test");
const { start, package_make, device_register } = require("./service.js");
const { documents } = require("./document.js");
const { judge } = require("./judge.js");

const IMAGE_ID = "b5a1c0de-0001-4000-8000-000000000001";
const COMPONENT_ID = "b5a1c0de-0002-4000-8000-000000000002";
const PYTHON = "/usr/bin/python3"; /* Debian's: its packages are for it */

/* Not synchronous: the recorder lives in this process. */
function run(program, words, env) {
    return new Promise((resolve, reject) => {
        const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
        let text = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (part) => { text += part; });
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, text }));
    });
}

test("Azure's libraries for Python", async (t) => {
    const packages = execFileSync(path.join(__dirname, "../../tools/azure_packages"), { stdio: ["ignore", "pipe", "inherit"] });
    const service = await start();
    t.after(() => service.stop());
    const device = device_register(service, 0xd3);
    package_make(service, IMAGE_ID, COMPONENT_ID, "Dishwasher");
    const { code, text } = await run(PYTHON, [path.join(__dirname, "azure_client.py")], {
        ARM: service.url, DEVICE: device, IMAGE: path.join(service.data, `${IMAGE_ID}.image`),
        PYTHONPATH: packages.toString().trim(), PYTHONDONTWRITEBYTECODE: "1",
        REQUESTS_CA_BUNDLE: path.join(service.profile, "ca.pem"),
    });
    assert.equal(code, 0, text);
    assert.match(text, /^azure_client: ok$/m);
    assert.ok(service.record.some((one) => one.answer_headers["azure-asyncoperation"]), "an operation ran on");
    assert.ok(service.record.some((one) => one.status === 202 && one.answer_headers.location), "and one behind Location");
    for (const { name, file } of await documents(service))
        await t.test(`judged by ${name}`, () => judge(service.record, file));
});

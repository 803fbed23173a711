// SPDX-License-Identifier: BSD-2-Clause
/*
 * oav's LiveValidator over recorded exchanges: every request and answer of the
 * management API against an OpenAPI document.
 */
"use strict";
const assert = require("node:assert/strict");
const path = require("node:path");
const { LiveValidator } = require("oav");

const parsed = (bytes) => (bytes.length ? JSON.parse(bytes) : undefined);

/* Requests that are wrong on purpose are judged by their answers alone. */
async function judge(record, document) {
    const validator = new LiveValidator({
        fileRoot: path.dirname(document), directory: path.dirname(document), swaggerPaths: [document],
        git: { shouldClone: false }, isPathCaseSensitive: false,
    });
    await validator.initialize();
    let judged = 0;
    for (const one of record) {
        if (!/\/providers\/Microsoft\.AzureSphere\//i.test(one.url) || /\/operation(Status|Result)/i.test(one.url))
            continue;
        const query = Object.fromEntries(new URL(one.url.replace(/^\/+/, "/"), "https://x").searchParams);
        if (query["api-version"] !== "2024-04-01" || one.method === "HEAD" || query.$skipToken)
            continue;
        const result = await validator.validateLiveRequestResponse({
            liveRequest: { url: one.url.replace(/^\/+/, "/"), method: one.method, headers: one.headers, query,
                           body: parsed(one.body) },
            liveResponse: { statusCode: String(one.status), headers: one.answer_headers, body: parsed(one.answer) },
        });
        const { requestValidationResult: request, responseValidationResult: response } = result;
        const what = `${one.method} ${one.url} -> ${one.status}\n${one.body}\n${one.answer.toString().slice(0, 2000)}`;
        /* Clients send back what they have read, and the service takes it. */
        const faults = request.errors.filter((error) => error.code !== "READONLY_PROPERTY_NOT_ALLOWED_IN_REQUEST");
        if (one.status < 400)
            assert.ok(faults.length === 0 && !request.runtimeException, `request: ${what}\n${JSON.stringify(request, null, 1)}`);
        assert.ok(response.isSuccessful, `answer: ${what}\n${JSON.stringify(response, null, 1)}`);
        judged++;
    }
    assert.ok(judged > 0, "nothing was judged");
    return judged;
}

module.exports = { judge };

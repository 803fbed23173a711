// SPDX-License-Identifier: BSD-2-Clause
/*
 * The service's own document against Microsoft's: the same operations, and in each
 * the same parameters, bodies, answers and long-running style.  Texts may differ.
 */
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { start } = require("./service.js");
const { documents } = require("./document.js");

const OPERATIONS = 45;

const target = (document, json) =>
    json?.$ref ? json.$ref.slice(2).split("/").reduce((at, key) => at[key], document) : json;

/* A schema with every reference and allOf written out; what recurs ends in "...". */
function flat(document, json, above = []) {
    const name = json?.$ref;
    if (above.includes(name))
        return "...";
    const inside = name ? [...above, name] : above;
    const schema = target(document, json);
    if (!schema)
        return null;
    const out = { type: schema.type ?? "object", format: schema.format, enum: schema.enum && [...schema.enum].sort() };
    if (schema.items)
        out.items = flat(document, schema.items, inside);
    if (schema.additionalProperties)
        out.additional = flat(document, schema.additionalProperties, inside);
    out.properties = {};
    const required = [...(schema.required ?? [])];
    for (const base of schema.allOf ?? []) {
        const part = flat(document, base, inside);
        Object.assign(out.properties, part.properties);
        required.push(...part.required);
    }
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
        const member = flat(document, value, inside);
        out.properties[key] = member === "..." ? member
            : { ...member, read_only: Boolean(value.readOnly ?? target(document, value).readOnly) };
    }
    out.properties = Object.fromEntries(Object.entries(out.properties).sort());
    out.required = required.sort();
    return out;
}

function operation(document, path, method) {
    const json = document.paths[path][method];
    const parameters = json.parameters.map((one) => target(document, one)).map((one) => ({
        name: one.name, in: one.in, required: Boolean(one.required), type: one.type, format: one.format,
        pattern: one.pattern, schema: one.schema && flat(document, one.schema),
    })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const responses = Object.fromEntries(Object.entries(json.responses).map(([status, one]) =>
        [status, { schema: one.schema ? flat(document, one.schema) : null, headers: Object.keys(one.headers ?? {}).sort() }]));
    return { path, method, parameters, responses, pageable: json["x-ms-pageable"] ?? null,
             long: json["x-ms-long-running-operation-options"] ?? null };
}

function operations(document) {
    const all = new Map();
    for (const [path, methods] of Object.entries(document.paths))
        for (const method of Object.keys(methods))
            all.set(methods[method].operationId, operation(document, path, method));
    return all;
}

/* What JSON keeps: members without a value are none. */
const plain = (value) => JSON.parse(JSON.stringify(value));

test("the two documents say the same", async (t) => {
    const service = await start();
    t.after(() => service.stop());
    const [ours, theirs] = await documents(service);
    const mine = operations(ours.document);
    assert.ok(mine.size > OPERATIONS);
    if (!theirs)
        return;
    const published = operations(theirs.document);
    assert.equal(published.size, OPERATIONS);
    for (const [id, one] of published)
        await t.test(id, () => assert.deepEqual(plain(mine.get(id) ?? null), plain(one)));
});

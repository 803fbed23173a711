// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requests made from an OpenAPI document: right, nearly right, extreme and absurd.
 * Each operation comes once as the document has it and once wild, then they come at random.
 * The same seed gives the same requests, but for what earlier answers gave.
 */
"use strict";

/* mulberry32: small, and the same everywhere */
function random_of(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const texts = [
    "", " ", "a", "x".repeat(300), "x".repeat(70000), "\u0000", "\u0001\u001f", "\u202e", "é😀", "../../..", "%00", "%2e%2e",
    "' OR 1=1 --", "\"; DROP TABLE device; --", "{{7*7}}", "${jndi:ldap://x}", "<script>", "%s%n%p", ".default", ".unassigned",
    "-1", "0", "2147483648", "9223372036854775808", "1e999", "NaN", "null", "true", "00000000-0000-0000-0000-000000000000",
    "/subscriptions/x", "\ud800", "\r\nSet-Cookie: a=b",
];
const numbers = [0, -1, 1, 2147483647, 2147483648, -2147483649, 9007199254740993, 1e308, 0.5, -0];
const segments = [
    "a", "ab", "x".repeat(49), "x".repeat(51), "x".repeat(256), "%20", "a%20b", "%2F", "%5C", "%00", "%ff", "%C3%A9", "%zz", "%", "..", ".",
    "%2e%2e", ".default", ".unassigned", ".DEFAULT", "~", "*", "a;b", "a=b", "00000000-0000-0000-0000-000000000000", "'", "-", "_",
];

class Requests {
    /* given(name, random, right): a value that fits for a parameter, or undefined; right: one that is there */
    constructor(document, seed, given) {
        this.document = document;
        this.random = random_of(seed);
        this.given = given;
        this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
            Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
        this.first = [...this.shuffled(this.operations).map((one) => [one, true]),
                      ...this.shuffled(this.operations).map((one) => [one, false])];
    }

    shuffled(list) {
        const out = [...list];
        for (let i = out.length - 1; i > 0; i--) {
            const other = Math.floor(this.random() * (i + 1));
            [out[i], out[other]] = [out[other], out[i]];
        }
        return out;
    }

    chance(share) { return this.random() < share; }
    /* Of two requests, one keeps to the document in everything. */
    mishap(share) { return this.wild && this.chance(share); }
    pick(list) { return list[Math.floor(this.random() * list.length)]; }
    target(json) {
        return json.$ref ? json.$ref.slice(2).split("/").reduce((at, key) => at[key], this.document) : json;
    }

    absurd(depth) {
        const kinds = [() => this.pick(texts), () => this.pick(numbers), () => null, () => true,
                       () => (depth > 4 ? [] : Array.from({ length: 3 }, () => this.absurd(depth + 1))),
                       () => (depth > 4 ? {} : { [this.pick(texts)]: this.absurd(depth + 1) })];
        return this.pick(kinds)();
    }

    /* A value of the schema; rarely one of another kind. */
    value(json, name, depth = 0) {
        const schema = this.target(json);
        if (this.mishap(0.06) || depth > 6)
            return this.absurd(depth);
        if (schema.enum)
            return this.pick(schema.enum);
        switch (schema.type) {
        case "string": {
            const fits = this.mishap(0.3) ? undefined : this.given(name, this.random, !this.wild);
            return fits ?? (this.wild ? this.pick(texts) : "text");
        }
        case "integer":
        case "number":
            return this.wild ? this.pick(numbers) : this.given(name, this.random, true) ?? 1;
        case "boolean":
            return this.chance(0.5);
        case "array":
            return Array.from({ length: this.wild ? this.pick([0, 1, 1, 2, 3, 40]) : 1 }, () => this.value(schema.items, name, depth + 1));
        default: {
            const out = {};
            for (const [key, member] of Object.entries(schema.properties ?? {}))
                if (this.wild ? this.chance(schema.required?.includes(key) ? 0.95 : 0.5) : !member.readOnly)
                    out[key] = this.value(member, key, depth + 1);
            if (this.mishap(0.05))
                out[this.pick(texts)] = this.absurd(0);
            return out;
        }
        }
    }

    path(path) {
        const filled = path.replace(/\{(\w+)\}/g, (_, name) =>
            (this.mishap(0.15) ? this.pick(segments) : encodeURIComponent(this.given(name, this.random, !this.wild) ?? "a")));
        return this.chance(0.03) ? "/" + filled : this.mishap(0.03) ? filled.toUpperCase() : filled;
    }

    query(parameters) {
        const parts = !this.mishap(0.05) ? ["api-version=2024-04-01"] : [`api-version=${this.pick(segments)}`];
        for (const one of parameters.filter((p) => p.in === "query" && p.name !== "api-version"))
            if (this.mishap(0.3))
                parts.push(`${this.chance(0.5) ? one.name : encodeURIComponent(one.name)}=` +
                           (this.chance(0.5) ? this.pick(["1", "2", "0", "100"]) : encodeURIComponent(String(this.pick(numbers)))));
        if (this.mishap(0.05))
            parts.push(this.pick(["$skipToken=1", "$skipToken=-1", "$skipToken=9223372036854775807", "$top=1&$top=2", "%", "=", "&&&",
                                  "$filter=name%20eq%20'a'", "deviceGroupName=%ff", "a=" + "b".repeat(5000)]));
        return parts.join("&");
    }

    /* Bytes; now and then not JSON at all. */
    body(parameter) {
        const text = JSON.stringify(this.value(parameter.schema ?? {}, parameter.name));
        if (!this.mishap(0.1))
            return Buffer.from(text ?? "null");
        return this.pick([
            () => Buffer.from(text.slice(0, Math.floor(this.random() * text.length))),
            () => Buffer.from("[".repeat(100000)),
            () => Buffer.from('{"a":'.repeat(20000)),
            () => Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
            () => Buffer.from('{"location":"\xff"}', "latin1"),
            () => Buffer.from(`{"properties":{},"properties":{}}`),
            () => Buffer.from(`{"location":"global"}\0`),
            () => Buffer.alloc(0),
            () => Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
        ])();
    }

    next() {
        const [one, wild] = this.first.pop() ?? [this.pick(this.operations), this.chance(0.5)];
        return this.make(one, wild);
    }

    /* As the document has it. */
    of(id) {
        return this.make(this.operations.find((one) => one.operation.operationId === id), false);
    }

    make({ path, method, operation }, wild) {
        this.wild = wild;
        const parameters = operation.parameters.map((one) => this.target(one));
        const body_parameter = parameters.find((one) => one.in === "body");
        const body = body_parameter && !this.mishap(0.05) ? this.body(body_parameter) : Buffer.alloc(0);
        const headers = {};
        if (body.length)
            headers["content-type"] = !this.mishap(0.05) ? (operation.consumes?.[0] ?? "application/json") : "text/plain";
        if (this.mishap(0.04))
            headers["content-encoding"] = "gzip";
        if (this.mishap(0.04))
            headers["if-match"] = this.pick(["*", '"a"', "W/", ""]);
        headers["content-length"] = body.length;
        return { method: this.mishap(0.06) ? this.pick(["HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) : method,
                 path: `${this.path(path)}?${this.query(parameters)}`, headers, body, id: operation.operationId };
    }
}

module.exports = { Requests };

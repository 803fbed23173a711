// SPDX-License-Identifier: BSD-2-Clause
/*
 * The OpenAPI documents that clients are made from and exchanges judged by:
 *   the service's own, as it serves it;
 *   Microsoft's published one, when a copy is there: $PERI_AZURESPHERE_OPENAPI, or
 *   ../shared/reference/azuresphere-openapi-bundled.json beside this tree.
 * The second is not ours to carry.  Without it the service is judged by its own
 * description alone, and each test says so.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const beside = path.join(__dirname, "../../../shared/reference/azuresphere-openapi-bundled.json");

/* Path of Microsoft's document, or null. */
function published() {
    const named = process.env.PERI_AZURESPHERE_OPENAPI;
    if (named || fs.existsSync(beside))
        return named || beside;
    console.log("# NOT judged by Microsoft's own OpenAPI document: no copy is here (PERI_AZURESPHERE_OPENAPI names one)");
    return null;
}

/* [{name, file, document}] */
async function documents(service) {
    const file = path.join(service.data, "openapi.json");
    const answer = await fetch(`${service.url}/openapi.json`);
    fs.writeFileSync(file, await answer.text());
    const other = published();
    const all = [{ name: "the service's own document", file }];
    if (other)
        all.push({ name: "Microsoft's document", file: other });
    return all.map((one) => ({ ...one, document: JSON.parse(fs.readFileSync(one.file)) }));
}

module.exports = { documents, published };

// SPDX-License-Identifier: BSD-2-Clause
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const peri = require("./service.js");
const HOUR = 3600, DAY = 86400;
const VERSION = "api-version=2024-04-01";
const RG = "/subscriptions/00000000-0000-4000-8000-0000000000aa/resourceGroups/r/providers/Microsoft.AzureSphere/catalogs";
const admin = { cert: true };
(async () => {
    await peri.provider_start();
    peri.clock_set(-60 * DAY);
    await peri.run_good("perisphered_set_clock", "--init", "--data", peri.data);
    const file = `${peri.data}/service.json`;
    const settings = JSON.parse(fs.readFileSync(file));
    Object.assign(settings, { oidc_issuer: peri.provider.issuer, oidc_audience: peri.AUDIENCE, oidc_retry_s: 1 });
    fs.writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
    fs.mkdirSync(`${peri.data}/oidc`, { mode: 0o700 });
    fs.copyFileSync(`${peri.top}/ca.pem`, `${peri.data}/oidc/ca.pem`);
    peri.service.port = await peri.port_free();
    peri.clock_set(0);
    await peri.start();
    await peri.devices_start(4);
    for (const c of ["c1", "c2"]) {
        for (const t of [`${RG}/${c}`, `${RG}/${c}/products/fleet`, `${RG}/${c}/products/fleet/deviceGroups/all`]) {
            let a = await peri.ask(admin, "PUT", `${t}?${VERSION}`, t.endsWith(c) ? { location: "global" } : { properties: {} });
            for (let i = 0; i < 100; i++) { a = await peri.ask(admin, "GET", `${t}?${VERSION}`); if (a.status === 200) break; await new Promise(r => setTimeout(r, 50)); }
            assert.equal(a.status, 200, String(a.body));
            if (t.endsWith(c)) { console.log(String(a.body)); }
        }
    }
    let tenant = JSON.parse((await peri.ask(admin, "GET", `${RG}/c1?${VERSION}`)).body).properties.tenantId;
    console.log(tenant);
    let a = await peri.ask(admin, "POST", `${RG}/c1/products/fleet/deviceGroups/all/claimDevices?${VERSION}`, { deviceIdentifiers: peri.devices.ids.slice(0,3) });
    console.log(a.status, String(a.body));
    await new Promise(r => setTimeout(r, 500));
    for (const off of [0, HOUR, 25*HOUR, 40*DAY, 395*DAY, -HOUR, -DAY, -Math.floor(Date.now()/1000)+100, 2**31 + DAY - Math.floor(Date.now()/1000), 2**32+ DAY - Math.floor(Date.now()/1000), 0]) {
        let from = peri.service.log.length;
        peri.clock_set(off);
        await new Promise(r => setTimeout(r, 200));
        const show = (w, x) => console.log(off, w, x.status, x.why ?? "", x.headers?.date ?? "", x.certificate ? `${x.certificate.validFrom}..${x.certificate.validTo}` : "", x.body && x.status !== 200 ? String(x.body).slice(0, 200) : "");
        show("held", await peri.device("check 0"));
        show("op", await peri.ask(admin, "GET", `${RG}/c1?${VERSION}`));
        show("put", await peri.ask(admin, "PUT", `${RG}/c1/products/qqq${Math.abs(off)}?${VERSION}`, {properties: {}}));
        show("tok", await peri.ask({token: peri.token(Math.floor(Date.now()/1000))}, "GET", `${RG}?${VERSION}`));
        show("tokS", await peri.ask({token: peri.token(peri.service_now_s())}, "GET", `${RG}?${VERSION}`));
        show("attest", await peri.device("attest 0"));
        show("attest c", await peri.device(`attest 1 ${tenant}`));
        show("check", await peri.device("check 0"));
        show("crl", await peri.ask({}, "GET", `/crl/os.crl`));
        show("crlroot", await peri.ask({}, "GET", `/crl/root.crl`));
        console.log(peri.said(from));
    }
    console.log((await peri.ask(admin, "GET", `${RG}/c1/certificates?${VERSION}`)).body.toString());
    console.log(await peri.run("peri", "config", "set", `endpoint=https://localhost:${peri.service.port}`));
    console.log(await peri.run("peri", "audit", "verify"));
    console.log(fs.readdirSync(`${peri.data}/issuer/serials`));
    console.log(await peri.stop());
    process.exit(0);
})().catch((e) => { console.error(e); console.error(peri.said(0).slice(-3000)); process.exit(1); });

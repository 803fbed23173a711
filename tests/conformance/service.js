// SPDX-License-Identifier: BSD-2-Clause
/*
 * A service of its own for one test, and in front of it a recorder: clients are
 * given the recorder's address and nothing else; it keeps every request and answer
 * as they were on the wire, and shows the operator's certificate to the service.
 * What a client sends as Authorization is dropped here.
 * PERI_TRACE=1 in the environment prints each exchange.
 * Ends by itself: the service is a child and stops with the test.
 */
"use strict";
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const https = require("node:https");
const net = require("node:net");
const path = require("node:path");

const bin = process.env.PERI_BIN;
const READY_MS = 60000;

function free_port() {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

function listens(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
        socket.on("error", () => resolve(false));
    });
}

function ready(child, log) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("the service did not start:\n" + log.text)), READY_MS);
        const look = (bytes) => {
            log.text += bytes;
            if (log.text.includes("ready on")) {
                clearTimeout(timer);
                resolve();
            }
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        child.on("exit", (code) => reject(new Error(`the service ended with ${code}:\n${log.text}`)));
    });
}

/* One exchange through to the service; the record holds both sides. */
function forward(service, request, answer) {
    const body = [];
    request.on("data", (bytes) => body.push(bytes));
    request.on("end", () => {
        const headers = { ...request.headers };
        delete headers.authorization;
        const onward = https.request({
            host: "127.0.0.1", port: service.service_port, servername: "localhost", method: request.method,
            path: request.url, headers, agent: service.agent,
        }, (reply) => {
            const bytes = [];
            reply.on("data", (part) => bytes.push(part));
            reply.on("end", () => {
                service.record.push({
                    method: request.method, url: request.url, headers: request.headers,
                    body: Buffer.concat(body), status: reply.statusCode, answer_headers: reply.headers,
                    answer: Buffer.concat(bytes),
                });
                if (process.env.PERI_TRACE)
                    console.error(`${request.method} ${request.url} -> ${reply.statusCode} ${Buffer.concat(bytes)}`);
                answer.writeHead(reply.statusCode, reply.headers);
                answer.end(Buffer.concat(bytes));
            });
        });
        onward.on("error", (error) => answer.destroy(error));
        onward.end(Buffer.concat(body));
    });
}

/* start() -> {url, record, data, ca, agent, peri(...words), stop()} */
async function start(settings = {}) {
    const data = process.env.PERI_DATA; /* made, and removed, by ./run */
    const folder = path.join(data, "service");
    const [front_port, service_port] = [await free_port(), await free_port()];
    const file = path.join(folder, "service.json");
    const config = JSON.parse(fs.readFileSync(file));
    Object.assign(config, { listen_port: service_port, base_url: `https://localhost:${front_port}` }, settings);
    fs.writeFileSync(file, JSON.stringify(config));
    const profile = path.join(folder, "operator");
    const read = (name) => fs.readFileSync(path.join(profile, name));
    const log = { text: "" };
    const run = () => spawn(path.join(bin, "perisphered"), ["--data", folder], { stdio: ["ignore", "pipe", "pipe"] });
    const child = run();
    const service = {
        url: `https://localhost:${front_port}`, direct: `https://localhost:${service_port}`, service_port,
        record: [], data, folder, profile, log, child, ca: read("ca.pem"),
        agent: new https.Agent({ keepAlive: true, ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") }),
    };
    await ready(child, log);
    const tls = { key: fs.readFileSync(path.join(folder, "front/key.pem")),
                  cert: fs.readFileSync(path.join(folder, "front/cert.pem")) };
    const recorder = https.createServer(tls, (request, answer) => forward(service, request, answer));
    await new Promise((resolve) => recorder.listen(front_port, "127.0.0.1", resolve));
    service.peri = (...words) =>
        execFileSync(path.join(bin, "peri"), words, { env: { ...process.env, PERI_PROFILE: profile }, stdio: "pipe" });
    /* peri speaks to the service itself: this process, and so the recorder, waits for it */
    service.peri("config", "set", `endpoint=${service.direct}`);
    const end = (signal) => {
        service.child.removeAllListeners("exit");
        const gone = new Promise((resolve) => service.child.on("exit", resolve));
        service.child.kill(signal);
        return gone;
    };
    service.stop = async () => {
        recorder.closeAllConnections();
        recorder.close();
        service.agent.destroy();
        return end("SIGTERM");
    };
    /* As after a power cut, as far as a process can tell. */
    service.kill_and_start = async () => {
        await end("SIGKILL");
        while (await listens(service_port)) /* the processes end by themselves when the first is gone: soon */
            await new Promise((resolve) => setTimeout(resolve, 20));
        log.text = "";
        service.child = run();
        await ready(service.child, log);
    };
    return service;
}

/* A signed application package, as peri makes them; returns its base64. */
function package_make(service, image, component, name) {
    const folder = path.join(service.data, `app-${image}`);
    const key = path.join(service.data, "key.pem");
    const out = path.join(service.data, `${image}.image`);
    if (!fs.existsSync(key))
        service.peri("key", "create", "--output-file", key);
    fs.mkdirSync(path.join(folder, "bin"), { recursive: true });
    fs.writeFileSync(path.join(folder, "bin/app"), `#!/bin/sh\n# ${name}\n`, { mode: 0o755 });
    fs.writeFileSync(path.join(folder, "app_manifest.json"), JSON.stringify({
        SchemaVersion: 1, Name: name, ComponentId: component, EntryPoint: "/bin/app", CmdArgs: [],
        Capabilities: {}, ApplicationType: "Default",
    }));
    service.peri("image-package", "create", "--package-directory", folder, "--image-id", image, "--key", key,
                 "--output-file", out);
    return fs.readFileSync(out).toString("base64");
}

/* A device that the factory has made. */
function device_register(service, number) {
    const id = number.toString(16).padStart(2, "0").repeat(64);
    service.peri("factory", "register", "--device", id);
    return id;
}

module.exports = { start, package_make, device_register };

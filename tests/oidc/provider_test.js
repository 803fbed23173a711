// SPDX-License-Identifier: BSD-2-Clause
// Tokens of a real provider (npm oidc-provider, on loopback) at the real service: no
// right without a role, rights with one, every wrong token refused before its body is
// read, rotation of keys, and a provider that is gone.
'use strict';
const { spawn } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const https = require('https');
const path = require('path');
const tls = require('tls');
const { pathToFileURL } = require('url');

const bin = process.env.PERI_BIN, data = process.env.PERI_DATA;
const peri = path.join(bin, 'peri'), folder = path.join(data, 'service');
const audience = 'https://perisphere.test';
const providerCa = fs.readFileSync(path.join(data, 'ca.pem'));
let checks = 0, failed = 0;

function check(what, good, more) {
  checks++;
  if (good) return;
  failed++;
  console.error(`FAILED: ${what}${more === undefined ? '' : `: ${more}`}`);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// -- provider ------------------------------------------------------------------

function jwkMake(alg, kid) {
  const pair = alg === 'ES256' ? crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...pair.privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

let handler = null; // the provider of the moment
let signing = 'ES256';
const server = https.createServer({
  key: fs.readFileSync(path.join(data, 'tls.key')), cert: fs.readFileSync(path.join(data, 'tls.pem')),
}, (request, response) => handler(request, response));

async function providerMake(issuer, keys) {
  const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
  const provider = new Provider(issuer, {
    jwks: { keys },
    clients: [{ client_id: 'fleet', client_secret: 'only for this test, thrown away', redirect_uris: [], response_types: [],
      grant_types: ['client_credentials'], id_token_signed_response_alg: 'ES256' }],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, resource) => ({
          scope: '', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 600,
          jwt: { sign: { alg: signing } },
        }),
      },
    },
  });
  return provider.callback();
}

function request(method, url, options, body) {
  return new Promise((resolve, reject) => {
    const out = https.request(url, { method, ca: providerCa, agent: false, ...options }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
    });
    out.on('error', reject);
    out.end(body);
  });
}

async function tokenGet(issuer, resource) {
  const answer = await request('POST', `${issuer}/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    auth: 'fleet:only%20for%20this%20test%2C%20thrown%20away',
  }, new URLSearchParams({ grant_type: 'client_credentials', resource }).toString());
  const json = JSON.parse(answer.text);
  if (!json.access_token) throw new Error(`no token: ${answer.text}`);
  return json.access_token;
}

// -- service -------------------------------------------------------------------

// Not synchronous: the provider lives in this process and is asked meanwhile.
function run(profile, ...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(peri, words, { env: { ...process.env, PERI_PROFILE: profile }, stdio: ['ignore', 'pipe', 'pipe'] });
    const got = { code: 0, out: '', err: '' };
    child.stdout.on('data', (text) => { got.out += text; });
    child.stderr.on('data', (text) => { got.err += text; });
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...got, code }));
  });
}

let service = null, port = 0, log = '';

async function serviceStart(issuer) {
  const file = path.join(folder, 'service.json');
  const settings = JSON.parse(fs.readFileSync(file));
  Object.assign(settings, { listen_port: 0, oidc_issuer: issuer, oidc_audience: audience, oidc_retry_s: 1 });
  fs.writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  fs.mkdirSync(path.join(folder, 'oidc'), { mode: 0o700 });
  fs.copyFileSync(path.join(data, 'ca.pem'), path.join(folder, 'oidc', 'ca.pem'));
  service = spawn(peri, ['service', 'run', '--data', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ready = new Promise((resolve, reject) => {
    service.stdout.on('data', (text) => { if (/ready on/.test(text)) resolve(); });
    service.stderr.on('data', (text) => { log += text; });
    service.on('exit', (code) => reject(new Error(`the service ended with ${code}: ${log}`)));
  });
  await ready;
  port = Number(fs.readFileSync(path.join(folder, 'run', 'port')));
}

let serviceCa;

function ask(method, where, token, more = {}) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return request(method, `https://localhost:${port}${where}?api-version=2024-04-01`,
    { ca: serviceCa, headers: { ...headers, ...more.headers } }, more.body);
}

// A head with a large body that never comes: the answer must.
function headOnly(token) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: 'localhost', port, servername: 'localhost', ca: serviceCa }, () => {
      socket.write(`PUT ${catalogs}/x/images/00000000-0000-0000-0000-000000000001?api-version=2024-04-01 HTTP/1.1\r\n` +
        `Host: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n`);
    });
    let text = '';
    socket.on('data', (part) => { text += part; });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

let catalogs;

// Refused by front: 401 and a word how to do better, whatever the token.
async function refused(what, token) {
  const answer = await ask('GET', catalogs, token);
  check(`${what} is 401`, answer.status === 401, answer.status);
  check(`${what}: WWW-Authenticate`, answer.headers['www-authenticate'] === 'Bearer');
}

function forged(token, change) {
  const parts = token.split('.');
  const header = JSON.parse(Buffer.from(parts[0], 'base64url')), claims = JSON.parse(Buffer.from(parts[1], 'base64url'));
  change(header, claims, parts);
  parts[0] = Buffer.from(JSON.stringify(header)).toString('base64url');
  parts[1] = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return parts;
}

async function wrongTokens(issuer, good) {
  await refused('no token', null);
  await refused('a token of letters', 'hello');
  await refused('an empty token', '');
  await refused('a token for somebody else', await tokenGet(issuer, 'https://other.test'));
  await refused('a changed claim', forged(good, (h, c) => { c.sub = 'admin'; }).join('.'));
  await refused('a later end', forged(good, (h, c) => { c.exp += 10; }).join('.'));
  await refused('no algorithm', forged(good, (h, c, p) => { h.alg = 'none'; p[2] = 'AA'; }).join('.'));
  // The published key taken for a shared secret.
  const jwks = JSON.parse((await request('GET', `${issuer}/jwks`, {})).text);
  const parts = forged(good, (h) => { h.alg = 'HS256'; });
  parts[2] = crypto.createHmac('sha256', JSON.stringify(jwks.keys[0])).update(`${parts[0]}.${parts[1]}`).digest('base64url');
  await refused('a secret that is public', parts.join('.'));
  // Signed by a key of the attacker's, brought along.
  const evil = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const brought = forged(good, (h) => { h.jwk = evil.publicKey.export({ format: 'jwk' }); });
  brought[2] = crypto.sign('sha256', Buffer.from(`${brought[0]}.${brought[1]}`),
    { key: evil.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  await refused('a key brought along', brought.join('.'));
  await refused('too long a token', 'a'.repeat(8000));
  const text = await headOnly(brought.join('.'));
  check('a wrong token is refused before its body comes', /^HTTP\/1\.1 401 /.test(text), text.slice(0, 40));
  const basic = await ask('GET', catalogs, null, { headers: { authorization: 'Basic b3BlbjpzZXNhbWU=' } });
  check('another scheme is 401', basic.status === 401, basic.status);
}

async function main() {
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const issuer = `https://localhost:${server.address().port}`;
  const first = [jwkMake('ES256', 'e1'), jwkMake('RS256', 'r1')];
  handler = await providerMake(issuer, first);

  const made = await run('', 'service', 'init', '--data', folder, '--organisation', 'Contoso');
  if (made.code) throw new Error(made.err);
  await serviceStart(issuer);
  serviceCa = fs.readFileSync(path.join(folder, 'operator', 'ca.pem'));
  const admin = path.join(folder, 'operator'), operator = path.join(data, 'operator');
  await run(admin, 'config', 'set', `endpoint=https://localhost:${port}`, 'catalog=contoso');
  const profile = JSON.parse(fs.readFileSync(path.join(admin, 'profile.json')));
  catalogs = `/subscriptions/${profile.subscription}/resourceGroups/default/providers/Microsoft.AzureSphere/catalogs`;
  check('admin makes a catalog', (await run(admin, 'catalog', 'create', '--name', 'contoso')).code === 0);

  // A profile with a token file, and one with a command.
  const good = await tokenGet(issuer, audience), file = path.join(data, 'token');
  fs.writeFileSync(file, good, { mode: 0o600 });
  const login = ['config', 'login', '--endpoint', `https://localhost:${port}`, '--ca', path.join(folder, 'root.pem'),
    '--subscription', profile.subscription];
  let got = await run('', ...login, '--token-file', file, '--output-directory', operator);
  check('peri config login', got.code === 0 && JSON.parse(got.out).profile === operator, got.err);
  await run(operator, 'config', 'set', 'catalog=contoso');

  got = await run(operator, 'catalog', 'list');
  check('a good token without a role sees no catalog', got.code === 0 && JSON.parse(got.out).length === 0, got.err);
  got = await run(operator, 'product', 'create', '-n', 'Dish');
  check('and changes nothing', got.code === 3 && /ResourceNotFound/.test(got.err), got.err);
  const principal = `token:${issuer}#fleet`;
  got = await run(admin, 'role', 'assignment', 'create', '--assignee', principal, '--role', 'Contributor');
  check('admin gives it a role', got.code === 0, got.err);
  got = await run(operator, 'product', 'create', '-n', 'Dish');
  check('a good token with a role makes a product', got.code === 0, got.err);
  got = await run(operator, 'role', 'assignment', 'create', '--assignee', principal, '--role', 'Owner');
  check('but does not make itself owner', got.code === 1 && /AuthorizationFailed/.test(got.err), got.err);
  got = await run(operator, 'catalog', 'create', '--name', 'other');
  check('and has no right elsewhere', got.code !== 0, got.out);
  got = await run(admin, 'audit', 'list');
  check('the audit log names the token', JSON.parse(got.out).some((r) => r.principal === principal &&
    r.action === 'Microsoft.AzureSphere/catalogs/products/write' && r.outcome === 'Succeeded'));
  signing = 'RS256';
  check('RS256 too', (await ask('GET', `${catalogs}/contoso`, await tokenGet(issuer, audience))).status === 200);
  signing = 'ES256';
  fs.writeFileSync(file, 'nonsense here', { mode: 0o600 });
  got = await run(operator, 'catalog', 'list');
  check('a file without a token is named', got.code === 1 && got.err.includes(file), got.err);
  fs.writeFileSync(file, good, { mode: 0o644 });
  fs.chmodSync(file, 0o644);
  got = await run(operator, 'catalog', 'list');
  check('a file open to others is refused', got.code === 1 && /open to others/.test(got.err), got.err);
  fs.chmodSync(file, 0o600);
  const command = path.join(data, 'by-command');
  got = await run('', ...login, '--output-directory', command, '--token-command', 'cat', file);
  check('peri config login --token-command', got.code === 0, got.err);
  got = await run(command, 'catalog', 'list');
  check('a token of a command', got.code === 0 && JSON.parse(got.out).length === 1, got.err);

  await wrongTokens(issuer, good);

  // New keys: taken within the time that the service may ask again; the old ones end.
  handler = await providerMake(issuer, [jwkMake('ES256', 'e2'), jwkMake('RS256', 'r2')]);
  const fresh = await tokenGet(issuer, audience);
  let status = 0;
  for (let i = 0; i < 100 && status !== 200; i++) {
    status = (await ask('GET', `${catalogs}/contoso`, fresh)).status;
    if (status !== 200) await pause(100);
  }
  check('a token of a new key is taken', status === 200, status);
  check('one of a key that was withdrawn is not', (await ask('GET', `${catalogs}/contoso`, good)).status === 401);

  // The provider is gone: what is known goes on, what is not is refused.
  handler = (q, r) => { r.statusCode = 500; r.end(); };
  check('without the provider tokens are still taken', (await ask('GET', `${catalogs}/contoso`, fresh)).status === 200);
  await pause(1100);
  check('and others still refused', (await ask('GET', `${catalogs}/contoso`, good)).status === 401);
  let elsewhere = 0; // requests that were led astray
  const document = { issuer, jwks_uri: `${issuer}/jwks` };
  const answers = {
    'a document of another issuer': (q, r) => r.end(JSON.stringify({ ...document, issuer: 'https://evil.test' })),
    'a redirect': (q, r) => {
      if (q.url.startsWith('/elsewhere')) elsewhere++;
      r.writeHead(302, { location: `${issuer}/elsewhere` }).end();
    },
    'keys at another port': (q, r) => r.end(JSON.stringify({ ...document, jwks_uri: 'https://localhost:1/jwks' })),
    'keys without TLS': (q, r) => r.end(JSON.stringify({ ...document, jwks_uri: issuer.replace('https', 'http') })),
    'an endless document': (q, r) => { for (let i = 0; i < 40; i++) r.write('x'.repeat(65536)); r.end(); },
    'no JSON': (q, r) => r.end('<html>'),
    'a key set without keys': (q, r) => r.end(JSON.stringify(q.url === '/jwks' ? { keys: [] } : document)),
    'a connection that is cut': (q) => q.socket.destroy(),
  };
  for (const [what, answer] of Object.entries(answers)) {
    handler = answer;
    await pause(1100);
    check(`${what} changes nothing`, (await ask('GET', `${catalogs}/contoso`, good)).status === 401);
    check(`${what} harms nothing`, (await ask('GET', `${catalogs}/contoso`, fresh)).status === 200);
  }
  check('a redirect is not followed', elsewhere === 0, elsewhere);

  got = await run(admin, 'audit', 'verify');
  check('peri audit verify', got.code === 0 && JSON.parse(got.out).records > 4, got.err);
}

main().catch((error) => { failed++; console.error(error); }).finally(() => {
  if (service) service.removeAllListeners('exit').kill('SIGTERM');
  server.close();
  server.closeAllConnections();
  if (failed) console.error(log.split('\n').filter((line) => !line.startsWith('{')).join('\n'));
  console.log(`oidc_provider: ${checks} checks, ${failed} failed`);
  process.exitCode = failed || !checks ? 1 : 0;
});

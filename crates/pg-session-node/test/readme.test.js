'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { describe, test } = require('node:test');

const { database } = require('./support/database.js');
const { pieces } = require('./support/readme.js');

const WORKSPACE = path.join(__dirname, '../../..');
const DOCS = fs.readdirSync(path.join(WORKSPACE, 'docs')).map((page) => `docs/${page}`);
const WITH_APPS = ['README.md', 'crates/pg-session-node/README.md', 'docs/operations.md'];

describe('the programs in the documentation', () => {
  const { url } = database();

  for (const page of WITH_APPS) {
    const apps = pieces(path.join(WORKSPACE, page)).filter(({ listens }) => listens);
    test(`${page} has apps`, () => assert(apps.length > 0));

    for (const { requires, run } of apps.filter(({ code }) => code.includes('views'))) {
      test(`counts views: ${page} with ${requires.join(', ')}`, async (t) => {
        const program = run(url);
        t.after(() => program.store.close());
        const get = visitor(await origin(t, program));
        assert.deepEqual([await get('/'), await get('/')], ['{"views":1}', '{"views":2}']);
      });
    }

    for (const { run } of apps.filter(({ code }) => code.includes('/logout-others'))) {
      test(`logs out everywhere else: ${page}`, async (t) => {
        const program = run(url);
        t.after(() => program.store.close());
        const site = await origin(t, program);
        const [mine, other] = [visitor(site, 'POST'), visitor(site, 'POST')];
        await mine('/login');
        await other('/login');
        assert.equal(await mine('/logout-others'), '{"ended":1}');
        assert.equal(await other('/logout-others'), '{"ended":0}');
        assert.equal(await program.store.destroySessionsOf(7), 1);
      });
    }
  }

  for (const page of DOCS) {
    for (const { requires, run } of pieces(path.join(WORKSPACE, page)).filter(({ listens }) => !listens)) {
      test(`makes a store: ${page} with ${requires.join(', ')}`, async () => {
        await run(url).store.close();
      });
    }
  }

  test('docs/operations.md waits for the database', async (t) => {
    const waits = warning(t, /setup waits for it/);
    const gateway = await freePort();
    const throughGateway = Object.assign(new URL(url), { hostname: '127.0.0.1', port: gateway });
    const [app] = pieces(path.join(WORKSPACE, 'docs/operations.md')).filter(({ listens }) => listens);
    const program = app.run(throughGateway.href);
    t.after(() => program.store.close());
    await waits;
    await forward(t, gateway, new URL(url));
    assert.equal(await visitor(await origin(t, program))('/'), '{"views":1}');
  });
});

describe('the links in the documentation', () => {
  const crates = ['pg-session', 'pg-session-actix', 'pg-session-node', 'pg-session-tower'];
  const readmes = crates.map((crate) => `crates/${crate}/README.md`);
  const others = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

  for (const page of [...others, ...DOCS, ...readmes]) {
    test(`lead somewhere: ${page}`, () => {
      const file = path.join(WORKSPACE, page);
      for (const [link, target] of text(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const [name, anchor] = target.split('#');
        const other = name ? path.join(path.dirname(file), name) : file;
        assert(fs.existsSync(other), link);
        if (anchor) assert(anchors(other).includes(anchor), link);
      }
    });
  }
});

function text(file) {
  return fs.readFileSync(file, 'utf8');
}

/** Returns the names that GitHub gives the headings of a page. */
function anchors(file) {
  const headings = [...text(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase());
  return headings.map((heading) => heading.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'));
}

/** Waits until the program listens, and returns its origin. */
async function origin(t, { app, listening }) {
  const result = await listening;
  const server = app.server ?? result;
  if (!server.listening) await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${server.address().port}`;
}

/** Returns a function that makes a visitor's requests, with the cookies of those before, and returns the bodies. */
function visitor(site, method = 'GET') {
  let cookie = '';
  return async (place) => {
    const response = await fetch(site + place, { method, headers: { cookie } });
    cookie = response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ') || cookie;
    return response.text();
  };
}

/** Waits until the process emits a warning with this text. */
function warning(t, pattern) {
  return new Promise((resolve) => {
    const listen = ({ message }) => pattern.test(message) && resolve();
    process.on('warning', listen);
    t.after(() => process.off('warning', listen));
  });
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Forwards connections on `port` to the server of this URL. */
async function forward(t, port, { hostname, port: target }) {
  const server = net.createServer((socket) => {
    const other = net.connect(Number(target), hostname);
    socket.pipe(other).pipe(socket);
    for (const end of [socket, other]) end.on('error', () => {});
  });
  t.after(() => server.close());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

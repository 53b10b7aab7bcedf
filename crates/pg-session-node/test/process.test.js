'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { describe, test } = require('node:test');
const { promisify } = require('node:util');

const { database } = require('./support/database.js');
const { node } = require('./support/node.js');

describe('a process', () => {
  const { url, client } = database();
  const env = { DATABASE_URL: url };

  const prints = async (program, output, options) => {
    assert.deepEqual(await node(program, { env, ...options }), { code: 0, output });
  };

  test('exits when all calls are done', async () => {
    await prints(`
      const PgStore = require('pg-session');
      const store = new PgStore(process.env.DATABASE_URL);
      store.setup().then(() => store.set('a', { n: 1 })).then(() => store.get('a')).then(console.log);
    `, '{ n: 1 }');
  });

  test('exits if it only created a store', () => {
    return prints("new (require('pg-session'))(process.env.DATABASE_URL)", '');
  });

  test('stays alive for calls in flight, also over a function', async () => {
    await prints(`
      const PgStore = require('pg-session');
      const store = new PgStore(() => new Promise(() => {}), { timeout: 300 });
      store.setup().then(console.log, (error) => console.log(error.code));
    `, 'PG_SESSION_UNAVAILABLE');
  });

  test('gets no unhandled rejection', async () => {
    await prints(`
      const PgStore = require('pg-session');
      process.on('unhandledRejection', () => console.log('unhandled'));
      const nowhere = new PgStore('postgres://127.0.0.1:1/nowhere', { cleanupTime: 5 });
      nowhere.setup();
      const broken = new PgStore(() => { throw new Error('broken') }, { cleanupTime: 5 });
      broken.setup();
      setTimeout(() => console.log('done'), 300);
    `, 'done', { env: { ...env, NODE_NO_WARNINGS: '1' } });
  });

  test('is warned of failed sweeps, and continues', async () => {
    await client.query('CREATE TABLE swept (id text PRIMARY KEY, expiry timestamptz, session json)');
    await client.query("CREATE TABLE visit (session text REFERENCES swept); INSERT INTO swept VALUES ('a', now(), '1')");
    await client.query("INSERT INTO visit VALUES ('a')");
    await prints(`
      const PgStore = require('pg-session');
      const store = new PgStore(process.env.DATABASE_URL, { table: 'swept', cleanupTime: 20 });
      const { Client } = require('pg');
      const client = new Client(process.env.DATABASE_URL);
      const count = async () => (await client.query('SELECT count(*)::int AS n FROM swept')).rows[0].n;
      process.removeAllListeners('warning');
      process.on('warning', async ({ name, code, message }) => {
        console.log(name, code, /^a sweep failed; .*: sweep: PostgreSQL refused: .*23503/.test(message) || message);
        await client.query('DELETE FROM visit');
        while (await count() > 0);
        await Promise.all([store.close(), client.end()]);
        console.log('swept');
      });
      client.connect().then(() => store.setup());
    `, 'PgSessionWarning PG_SESSION_SWEEP true\nswept');
  });

  test('is warned why a sweep failed if the function of the connection throws', async () => {
    await prints(`
      const { Client } = require('pg');
      const PgStore = require('pg-session');
      const client = new Client(process.env.DATABASE_URL);
      let isBroken = false;
      const query = (sql, params) => {
        if (isBroken) throw new Error('the proxy is down');
        return client.query(sql, params);
      };
      process.removeAllListeners('warning');
      (async () => {
        await client.connect();
        const store = new PgStore(query, { table: 'proxied', cleanupTime: 20 });
        await store.setup();
        isBroken = true;
        const alive = setTimeout(() => {}, 10_000);
        process.once('warning', async ({ name, message }) => {
          console.log(name, /^a sweep failed; .*: sweep: .*failed: the proxy is down/.test(message) || message);
          clearTimeout(alive);
          await Promise.all([store.close(), client.end()]);
        });
      })();
    `, 'PgSessionWarning true');
  });

  test('may have several stores', async () => {
    await prints(`
      const PgStore = require('pg-session');
      const stores = ['one', 'two', 'one'].map((table) => new PgStore(process.env.DATABASE_URL, { table }));
      (async () => {
        await Promise.all(stores.map((store) => store.setup()));
        await Promise.all([stores[0].set('a', { in: 'one' }), stores[1].set('a', { in: 'two' })]);
        await stores[0].close();
        console.log((await stores[1].get('a')).in, (await stores[2].get('a')).in);
      })();
    `, 'two one');
  });

  test('may have workers that come and go', async () => {
    await prints(`
      const { Worker } = require('node:worker_threads');
      const work = \`
        const { parentPort, workerData } = require('node:worker_threads');
        const PgStore = require('pg-session');
        const store = new PgStore(process.env.DATABASE_URL);
        store.setup().then(() => store.set('worker-' + workerData, { n: workerData }))
          .then(() => store.get('worker-' + workerData)).then(({ n }) => parentPort.postMessage(n));
      \`;
      const run = (workerData) => new Promise((resolve, reject) => {
        let answer;
        const worker = new Worker(work, { eval: true, workerData });
        worker.on('message', (message) => (answer = message)).on('error', reject).on('exit', () => resolve(answer));
      });
      (async () => {
        const PgStore = require('pg-session');
        console.log((await Promise.all([run(1), run(2)])).join(), await run(3));
        const store = new PgStore(process.env.DATABASE_URL);
        await store.setup();
        console.log((await store.get('worker-3')).n);
      })();
    `, '1,2 3\n3');
  });

  test('may end a worker while its calls are in flight', async () => {
    await client.query('CREATE TABLE locked (id text PRIMARY KEY, expiry timestamptz NOT NULL, session json)');
    await client.query('BEGIN; LOCK TABLE locked');
    await prints(`
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(\`
        const { parentPort } = require('node:worker_threads');
        const PgStore = require('pg-session');
        const store = new PgStore(process.env.DATABASE_URL, { table: 'locked', timeout: 500 });
        store.setup().then(() => { for (let n = 0; n < 100; n++) store.get('a' + n); parentPort.postMessage('in flight'); });
      \`, { eval: true });
      worker.on('message', async (message) => {
        console.log(message);
        await worker.terminate();
        setTimeout(() => console.log('still there'), 800);
      });
    `, 'in flight\nstill there');
    await client.query('COMMIT');
  });

  test('may have children in a cluster', async () => {
    const program = require.resolve('./support/cluster.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...process.env, ...env }, timeout: 20_000 });
    assert.equal(stdout.trim(), '{ id: 1 } { id: 2 }');
  });
});

'use strict';

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Pool } = require('pg');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');
const { startServer } = require('./support/server.js');

describe('an application that starts before its database', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.end());

  const connections = {
    'a connection string': (url) => ({ connection: url, end() {} }),
    'a pool of pg': (url) => {
      const pool = new Pool({ connectionString: url });
      pool.on('error', () => {});
      return { connection: pool, end: () => pool.end() };
    },
    'a function': (url) => {
      const pool = new Pool({ connectionString: url });
      pool.on('error', () => {});
      return { connection: (sql, params) => pool.query(sql, params), end: () => pool.end() };
    },
  };
  for (const [name, connect] of Object.entries(connections)) {
    test(`setup waits for it, over ${name}`, async () => {
      await server.stop();
      const { connection, end } = connect(server.url);
      const store = new PgStore(connection, { table: `waiting_${name.length}`, timeout: 1000, waitForDatabase: 30_000 });
      const setup = store.setup();
      await sleep(2500);
      assert.equal(store.ready, false);
      await server.start();
      await setup;
      assert.equal(store.ready, true);
      await store.close();
      await end();
    });
  }

  test('setup fails at once by default, and the store is ready once a later call has set up', async () => {
    await server.stop();
    const store = new PgStore(server.url, { timeout: 1000 });
    await assert.rejects(store.setup(), { code: 'PG_SESSION_UNAVAILABLE' });
    assert.equal(store.ready, false);
    await server.start();
    const connected = new Promise((resolve) => store.once('connect', resolve));
    assert.equal(await store.get('none'), false);
    assert.equal(store.ready, true);
    await connected;
    await store.close();
  });

  test('close ends the wait', async () => {
    await server.stop();
    const store = new PgStore(server.url, { timeout: 1000, waitForDatabase: 60_000 });
    const setup = assert.rejects(store.setup(), { code: 'PG_SESSION_UNAVAILABLE', message: /closed/ });
    await sleep(300);
    const began = Date.now();
    const closed = store.close();
    await setup;
    assert.ok(Date.now() - began < 500);
    await closed;
    await server.start();
  });

  test('a wrong password is not worth waiting for', async () => {
    const url = new URL(server.url);
    url.password = 'wrong';
    const store = new PgStore(url.href, { waitForDatabase: 60_000 });
    await assert.rejects(store.setup(), { code: 'PG_SESSION_CONFIGURATION' });
    await store.close();
  });
});

describe('calls that wait', () => {
  const shared = database();

  test('may have so many bytes, also over a client of the application', async () => {
    for (const connection of [shared.url, shared.pool, (sql, params) => shared.pool.query(sql, params)]) {
      const store = new PgStore(connection, { table: 'bytes', maxWaitingBytes: 1_000_000 });
      await store.setup();
      await shared.client.query('BEGIN; LOCK TABLE bytes IN EXCLUSIVE MODE');
      const refused = [];
      const sets = Array.from({ length: 30 }, (_, n) =>
        store.set(`${n}`, { data: 'x'.repeat(100_000) }).catch((error) => refused.push(error)),
      );
      await sleep(500);
      await shared.client.query('ROLLBACK');
      await Promise.all(sets);
      assert.equal(refused.length, 23, 'seven of them fit');
      for (const { code, message } of refused) {
        assert.equal(code, 'PG_SESSION_OVERLOADED');
        assert.match(message, /`maxWaitingBytes`/);
      }
      await store.set('later', { data: 'x'.repeat(100_000) });
      await store.close();
    }
  });

  test('of one tick may have more bytes together than a string of V8', async () => {
    const store = new PgStore(shared.url, { table: 'tick', maxSize: 8 * 1024 * 1024 });
    await store.setup();
    const data = { data: 'x'.repeat(4 * 1024 * 1024) };
    const calls = [];
    // 560 MiB; a string has 512 MiB at most.
    for (let n = 0; n < 140; n++) calls.push(store.set(`${n}`, data).catch((error) => error.code));
    const refused = (await Promise.all(calls)).filter((code) => code !== undefined);
    assert.deepEqual(new Set(refused), new Set(['PG_SESSION_OVERLOADED']));
    assert.ok(refused.length < calls.length, 'some of them fit');
    assert.equal(await store.get('none'), false);
    await store.close();
  });

  test('a get does not wait for the merge of another session', async () => {
    const store = new PgStore(shared.url, { table: 'merged', maxSize: 32 * 1024 * 1024 });
    await store.set('other', { n: 1 });
    const large = (salt) => {
      let data = {};
      for (let depth = 0; depth < 120; depth++) {
        const members = Array.from({ length: 150 }, (_, n) => [`k${n}`, (n * salt) % 1000]);
        data = { ...Object.fromEntries(members), in: data };
      }
      data[`by${salt}`] = true;
      return data;
    };
    await store.set('large', large(1));
    const [one, two] = [await store.get('large'), await store.get('large')];
    Object.assign(one, large(3));
    Object.assign(two, large(7));
    await store.set('large', one);
    let isMerged = false;
    const merge = store.update('large', two).finally(() => {
      isMerged = true;
    });
    const waits = [];
    const started = performance.now();
    while (!isMerged) {
      const began = performance.now();
      await store.get('other');
      waits.push(performance.now() - began);
      await sleep(1);
    }
    assert.equal(await merge, 'merged');
    const [longest, time] = [Math.max(...waits), performance.now() - started];
    assert.ok(longest < time / 3, `a get waited for ${longest} of ${time} ms`);
    await store.close();
  });
});

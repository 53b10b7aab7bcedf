'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { PGlite } = require('@electric-sql/pglite');
const pgPromise = require('pg-promise');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');

describe('a function as the connection', () => {
  const { url, client, pool } = database();

  const works = async (query, table) => {
    const store = new PgStore(query, { table, cleanupTime: 0 });
    await store.setup();
    const session = { user: 'Zoë', numbers: [1, 1e21], nothing: null, nul: '\0' };
    await store.set('a', session);
    assert.deepEqual(await store.get('a'), session);
    assert.equal(await store.get('b'), false);
    assert.equal(await store.create('a', {}), false);
    assert.equal(await store.touch('a', 60_000), true);
    await store.set('b', {}, 0);
    assert.equal(await store.sweep(), 1);
    assert.equal(await store.destroy('a'), true);
    assert.equal(await store.destroy('a'), false);
    await store.close();
  };

  test('is the query of a pool of pg', () => works((sql, params) => pool.query(sql, params), 'by_pg'));

  test('is the query of pg-promise', async () => {
    const pgp = pgPromise();
    const db = pgp(url);
    await works((sql, params) => db.query(sql, params), 'by_pg_promise');
    await db.$pool.end();
  });

  test('is the query of PGlite', async () => {
    const db = await PGlite.create();
    await works((sql, params) => db.query(sql, params), 'by_pglite');
    await db.close();
  });

  test('may answer rows as arrays', () => {
    return works((text, values) => pool.query({ text, values, rowMode: 'array' }), 'by_arrays');
  });

  test('is asked by text alone', async () => {
    const asked = [];
    const store = new PgStore((...args) => (asked.push(args), pool.query(...args)), { table: 'asked' });
    await store.setup();
    await store.set('id', { n: 1 }, 1000);
    assert(asked.every(([sql, params, ...rest]) => typeof sql === 'string' && params.every((p) => typeof p === 'string')
      && rest.length === 0));
    assert.deepEqual(asked.at(-1)[1], ['id', '{"n":1}', '1000']);
    await store.close();
  });

  test('is not ended by close', async () => {
    const store = new PgStore((sql, params) => pool.query(sql, params));
    await store.setup();
    await store.close();
    assert.equal((await pool.query('SELECT 1 AS one')).rows[0].one, 1);
  });

  test("passes PostgreSQL's refusals on", async () => {
    const store = new PgStore((sql, params) => pool.query(sql, params), { table: 'strict' });
    await store.setup();
    await client.query("ALTER TABLE strict ADD CHECK (id <> 'no')");
    await assert.rejects(store.set('no', {}), { code: 'PG_SESSION_DATABASE', sqlState: '23514' });
    await client.query('DROP TABLE strict');
    await assert.rejects(store.get('a'), { code: 'PG_SESSION_SETUP', sqlState: '42P01' });
    assert.equal(await store.get('a'), false);
  });

  test('may fail in any way, and the store goes on', async () => {
    let fail;
    const store = new PgStore((sql, params) => (fail ? fail() : pool.query(sql, params)), { timeout: 200 });
    await store.setup();
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const ways = [
      [() => { throw broken; }, /write EPIPE/],
      [() => Promise.reject(broken), /write EPIPE/],
      [() => Promise.reject('a string'), /a string/],
      [() => Promise.reject(undefined), /undefined/],
      [() => undefined, /must resolve to an array of rows/],
      [() => Promise.resolve({ rows: 7 }), /must resolve to an array of rows/],
      [() => new Promise(() => {}), /no answer within 200ms/],
    ];
    for (const [way, message] of ways) {
      fail = way;
      await assert.rejects(store.get('a'), { code: 'PG_SESSION_UNAVAILABLE', sqlState: undefined, message });
    }
    fail = undefined;
    assert.equal(await store.get('a'), false);
  });
});

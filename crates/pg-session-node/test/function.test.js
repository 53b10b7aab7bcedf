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
    await store.setup();
    assert.equal(await store.get('a'), false);
  });

  test('may fail in any way, and the store goes on', async () => {
    let fail;
    const store = new PgStore((sql, params) => (fail ? fail() : pool.query(sql, params)), { timeout: 200 });
    await store.setup();
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const fetched = new TypeError('fetch failed', { cause: broken });
    const ways = [
      [() => { throw broken; }, /^the function of the connection failed: write EPIPE/, broken],
      [() => Promise.reject(broken), /^the function of the connection failed: write EPIPE/, broken],
      [() => Promise.reject(fetched), /^the function of the connection failed: fetch failed/, fetched],
      [() => Promise.reject('a string'), /a string/, 'a string'],
      [() => Promise.reject(undefined), /undefined/, undefined],
      [() => new Promise(() => {}), /no answer within 200ms/, undefined],
    ];
    for (const [way, message, cause] of ways) {
      fail = way;
      const told = { code: 'PG_SESSION_UNAVAILABLE', sqlState: undefined, message };
      await assert.rejects(store.get('a'), (error) => {
        assert.throws(() => { throw error; }, told);
        assert.equal(error.cause, cause);
        return true;
      });
    }
    fail = undefined;
    assert.equal(await store.get('a'), false);
  });

  test('is told that it is wrong where it is, not that the connection was lost', async () => {
    const { query } = pool;
    const bug = new RangeError('mine');
    const ways = [
      [query, TypeError, /^the function of the connection failed: Cannot read .*, for example \(sql, params\) => pool\.query\(/],
      [() => { throw bug; }, RangeError, /^the function of the connection failed: mine/],
      [async () => undefinedName, ReferenceError, /undefinedName is not defined/],
    ];
    for (const [connection, cause, message] of ways) {
      const store = new PgStore(connection);
      for (const call of [() => store.setup(), () => store.set('a', {})]) {
        await assert.rejects(call(), (error) => {
          assert.throws(() => { throw error; }, { code: 'PG_SESSION_CONFIGURATION', retryable: false, message });
          assert(error.cause instanceof cause);
          return true;
        });
      }
    }
  });

  test('is refused by setup where its answer is not understood, with what it was', async () => {
    const answers = [
      [undefined, /resolved to undefined: it must resolve to an array of rows/], [null, /to null/], [7, /resolved to 7/],
      [{ rows: 7 }, /resolved to an object with `rows`/], [{ recordset: [] }, /an object with `recordset`/], [{}, /nothing/],
      [['text'], /an array with string/], [[null], /an array with null/], [[[1], 2, 3], /an array with object/],
      [[{ key: {} }], /a column that is no text/], [[[new Date(0)]], /a column that is no text/],
    ];
    for (const [answer, message] of answers) {
      const store = new PgStore(async () => answer);
      await assert.rejects(store.setup(), { code: 'PG_SESSION_CONFIGURATION', message });
    }
    const generator = new PgStore(function* (sql, params) { return yield pool.query(sql, params); });
    await assert.rejects(generator.setup(), { code: 'PG_SESSION_CONFIGURATION' });
  });

  test('may answer pairs of rows and what else there is, and then a change of a gone session is not saved', async () => {
    for (const more of [(result) => result.rowCount, (result) => result, () => undefined]) {
      const store = new PgStore(async (sql, params) => {
        const result = await pool.query(sql, params);
        return [result.rows, more(result)];
      }, { table: 'pairs' });
      await store.setup();
      await store.set('a', { n: 1 });
      const [found, other] = [await store.get('a'), await store.get('a')];
      other.other = true;
      assert.equal(await store.update('a', other), 'saved');
      found.n = 2;
      assert.equal(await store.update('a', found), 'merged');
      assert.deepEqual(await store.get('a'), { n: 2, other: true });
      await store.destroy('a');
      assert.equal(await store.update('a', found), 'gone');
      assert.equal(await store.touch('a', 1000), false);
      await store.close();
    }
  });
});

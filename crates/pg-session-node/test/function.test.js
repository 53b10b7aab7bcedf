'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');
const { PGlite } = require('@electric-sql/pglite');
const { DrizzleQueryError } = require('drizzle-orm');
const pgPromise = require('pg-promise');
const { DatabaseError } = require('sequelize');
const { QueryFailedError } = require('typeorm');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');
const { node } = require('./support/node.js');

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

  test('may be the query of a pool of pg', () => works((sql, params) => pool.query(sql, params), 'by_pg'));

  test('may be the query of pg-promise', async () => {
    const pgp = pgPromise();
    const db = pgp(url);
    await works((sql, params) => db.query(sql, params), 'by_pg_promise');
    await db.$pool.end();
  });

  test('may be the query of PGlite', async () => {
    const db = await PGlite.create();
    await works((sql, params) => db.query(sql, params), 'by_pglite');
    await db.close();
  });

  test('may return rows as arrays', () => {
    return works((text, values) => pool.query({ text, values, rowMode: 'array' }), 'by_arrays');
  });

  test('receives only text', async () => {
    const asked = [];
    const store = new PgStore((...args) => (asked.push(args), pool.query(...args)), { table: 'asked' });
    await store.setup();
    await store.set('id', { n: 1 }, 1000);
    assert(asked.every(([sql, params, ...rest]) => typeof sql === 'string' && params.every((p) => typeof p === 'string')
      && rest.length === 0));
    assert.deepEqual(asked.at(-1)[1], ['id', '{"n":1}', '1000']);
    await store.close();
  });

  test('rejects an update that others keep outrunning', async () => {
    let n = 0;
    const query = async (sql, params) => {
      if (sql.includes("'saved'")) await client.query('UPDATE outrun SET session = $1', [{ n: ++n }]);
      return pool.query(sql, params);
    };
    const store = new PgStore(query, { table: 'outrun', timeout: 500 });
    await store.set('a', {});
    const session = await store.get('a');
    session.mine = true;
    await assert.rejects(store.update('a', session), { code: 'PG_SESSION_CONFLICT', retryable: true });
    await store.close();
  });

  test('is not closed by the store', async () => {
    const store = new PgStore((sql, params) => pool.query(sql, params));
    await store.setup();
    await store.close();
    assert.equal((await pool.query('SELECT 1 AS one')).rows[0].one, 1);
  });

  test("passes on errors of PostgreSQL", async () => {
    const store = new PgStore((sql, params) => pool.query(sql, params), { table: 'strict' });
    await store.setup();
    await client.query("ALTER TABLE strict ADD CHECK (id <> 'no')");
    await assert.rejects(store.set('no', {}), { code: 'PG_SESSION_DATABASE', sqlState: '23514' });
    await client.query('DROP TABLE strict');
    await assert.rejects(store.get('a'), { code: 'PG_SESSION_SETUP', sqlState: '42P01' });
    await store.setup();
    assert.equal(await store.get('a'), false);
  });

  test('may fail in any way without breaking the store', async () => {
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
      [() => Promise.reject(null), /null/, undefined],
      [() => new Promise(() => {}), /did not answer within 200ms/, undefined],
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

  test('is blamed for its own mistakes instead of a lost connection', async () => {
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

  test('is rejected by setup, with a description, if its result is not understood', async () => {
    const answers = [
      [undefined, /resolved to undefined: it must resolve to an array of rows/], [null, /to null/], [7, /resolved to 7/],
      ['the-data', /resolved to a string:/],
      [{ 'an id': 1, '0f8fad5bd9cb469fa165': 1, rows: 1 }, /an object with `rows`:/],
      [{ rows: 7 }, /resolved to an object with `rows`/], [{ recordset: [] }, /an object with `recordset`/], [{}, /nothing/],
      [['text'], /an array with string/], [[null], /an array with null/], [[[1], 2, 3], /an array with object/],
      [[{ key: {} }], /a column that is not text/], [[[new Date(0)]], /a column that is not text/],
    ];
    for (const [answer, message] of answers) {
      const store = new PgStore(async () => answer);
      await assert.rejects(store.setup(), { code: 'PG_SESSION_CONFIGURATION', message });
    }
    const generator = new PgStore(function* (sql, params) { return yield pool.query(sql, params); });
    await assert.rejects(generator.setup(), { code: 'PG_SESSION_CONFIGURATION' });
  });

  test('may return pairs of rows and other data, also for an update of a deleted session', async () => {
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

  test('gives each of many failing calls its own error', async () => {
    const calls = 1000;
    const failing = new Map();
    let isBroken = false;
    let fail;
    const allAsked = new Promise((resolve) => (fail = resolve));
    const store = new PgStore(async (sql, params) => {
      if (!isBroken) return pool.query(sql, params);
      const error = new Error('broken');
      failing.set(params[0], error);
      if (failing.size === calls) fail();
      await allAsked;
      throw error;
    });
    await store.setup();
    isBroken = true;
    const ids = Array.from({ length: calls }, (_, n) => `session ${n}`);
    const failures = await Promise.all(ids.map((id) => store.get(id).then(assert.fail, (error) => error)));
    assert.deepEqual(ids.filter((id, n) => failures[n].cause !== failing.get(id)), []);
  });

  test('gives all calls that waited for a setup its error', async () => {
    const broken = new Error('broken');
    const store = new PgStore(async () => { throw broken; });
    const failures = await Promise.all(Array.from({ length: 10 }, (_, n) => store.get(`${n}`).catch((error) => error)));
    assert(failures.every(({ cause }) => cause === broken));
  });

  describe('and an error that contains the parameters', () => {
    const [id, data] = ['the-secret-id', { mail: 'zoe@example.org', quote: '"\'\\' }];
    const secret = /the-secret-id|zoe@example/;
    const refused = () => Object.assign(new Error('relation "session" does not exist'), { code: '42P01' });
    const broken = () => Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const withQuery = (error, sql, parameters) => Object.assign(error, { sql, parameters });
    const wrappers = {
      TypeORM: (error, sql, params) => [new QueryFailedError(sql, params, error), error],
      Drizzle: (error, sql, params) => [new DrizzleQueryError(sql, params, error), error],
      'Drizzle, with a copy of the code': (error, sql, params) => {
        return [Object.assign(new DrizzleQueryError(sql, params, error), { code: error.code }), error];
      },
      Sequelize: (error, sql, params) => [new DatabaseError(withQuery(error, sql, params))],
      'Sequelize, before the query': (error, sql, params) => [withQuery(Object.assign(new Error('x'), { original: error,
        parent: error }), sql, params), error],
      'postgres.js': (error, query, parameters) => {
        return [Object.defineProperties(error, { query: { value: query }, parameters: { value: parameters } })];
      },
      'an error within an error': (error, sql, params) => {
        return [new Error('query failed', { cause: new DrizzleQueryError(sql, params, error) }), error];
      },
      'unknown properties': (error, sql, params) => {
        const request = { body: [new Map([[sql, { values: params }]])] };
        return [Object.assign(new Error('x', { cause: error }), { request }), error];
      },
      'bytes of its own': (error, sql, params) => {
        return [Object.assign(new Error('x', { cause: error }), { sent: Buffer.from(params.join()) }), error];
      },
      'a message of its own': (error, sql, params) => {
        return [new Error(`${error.message}: ${params}`, { cause: error }), error];
      },
      'an escaped message': (error, sql, params) => {
        return [new Error(`${error.message}: ${JSON.stringify(params)}`, { cause: error }), error];
      },
      'a message of its own and no cause': (error, sql, params) => {
        return [Object.assign(new Error(`${error.message}: ${params}`), { code: error.code })];
      },
      'a text': (error, sql, params) => [`${error.message}: ${params}`],
      'itself as its cause': (error, sql, params) => {
        error.cause = Object.assign(new Error(String(params)), { cause: error });
        return [error];
      },
    };
    for (const [name, wrapped] of Object.entries(wrappers)) {
      for (const [driverError, sqlState] of [[refused, '42P01'], [broken, undefined]]) {
        test(`exposes none of them: ${name}, ${sqlState ? 'with' : 'without'} a SQLSTATE`, async () => {
          let isBroken = false;
          let inner;
          const store = new PgStore(async (sql, params) => {
            if (!isBroken) return pool.query(sql, params);
            let outer;
            [outer, inner] = wrapped(driverError(), sql, params);
            throw outer;
          });
          await store.setup();
          isBroken = true;
          for (const call of [() => store.set(id, data), () => store.get(id), () => store.create(id, data)]) {
            const error = await call().then(assert.fail, (error) => error);
            assert(error instanceof PgStore.PgSessionError);
            for (const shown of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error.cause ?? null)]) {
              assert.doesNotMatch(shown, secret);
            }
            if (name !== 'a text') assert.equal(error.sqlState, sqlState);
            if (inner && sqlState) assert.match(error.message, /relation "session" does not exist/);
            assert.equal(error.cause, sqlState ? undefined : inner);
          }
        });
      }
    }

    const failsWith = async (thrown, call) => {
      let isBroken = false;
      const store = new PgStore(async (sql, params) => {
        if (isBroken) throw thrown(sql, params);
        return pool.query(sql, params);
      });
      await store.setup();
      isBroken = true;
      return call(store).then(assert.fail, (error) => error);
    };

    test('exposes none of them, escaped or truncated', async () => {
      for (const quoted of [JSON.stringify, (text) => `${text.slice(0, 40)}…`]) {
        const error = await failsWith((sql, [, data]) => new Error(quoted(data)), (store) => store.set(id, data));
        assert.doesNotMatch(inspect(error), secret);
      }
    });

    test('exposes no short ones in its properties', async () => {
      const thrown = (sql, params) => Object.assign(new Error('broken'), { parameters: params });
      const error = await failsWith(thrown, (store) => store.get('a'));
      assert.equal(error.message, 'the function of the connection failed: broken');
      assert.equal(error.cause, undefined);
    });

    test('is exposed if only paths in its stack contain one', async () => {
      const inner = broken();
      const error = await failsWith(() => inner, (store) => store.get('function.test.js'));
      assert.match(inner.stack, /function\.test\.js/);
      assert.equal(error.cause, inner);
    });

    test('is described by the error that it wraps, or by its name', async () => {
      const ways = [
        [(sql, params) => new DrizzleQueryError(sql, params, broken()), 'write EPIPE'],
        [(sql, params) => new QueryFailedError(sql, params, broken()), 'write EPIPE'],
        [(sql, params) => new RangeError(`no: ${params}`, { cause: 1 }),
          'RangeError (its message is left out because it contains a parameter of the statement)'],
      ];
      for (const [thrown, message] of ways) {
        const error = await failsWith(thrown, (store) => store.set(id, data));
        assert.equal(error.message, `the function of the connection failed: ${message}`);
      }
    });
  });

  test('names the table in an error of setup', async () => {
    const store = new PgStore(async () => { throw new Error('terminating connection due to idle-session timeout'); });
    await assert.rejects(store.setup(), { message: /due to idle-session timeout/ });
  });

  // Runs in its own process, which fires the store's intervals by hand, except the one that keeps the event loop alive.
  const failing = (rest) => node(`
    const gc = require('node:vm').runInNewContext((require('node:v8').setFlagsFromString('--expose-gc'), 'gc'));
    const nodes = setInterval;
    const intervals = [];
    globalThis.setInterval = (callback, ms) => {
      if (ms < 2 ** 31 - 1) intervals.push(callback);
      return nodes(callback, ms);
    };
    const PgStore = require('pg-session');
    const collected = async (references) => {
      for (let tries = 0; references.some((reference) => reference.deref()) && tries < 100; tries++) {
        await new Promise(setImmediate);
        gc();
      }
      console.log(references.filter((reference) => reference.deref()).length);
    };
    (async () => {${rest}})();
  `);

  test('keeps no errors in memory', async () => {
    const { output, code } = await failing(`
      const thrown = [];
      const wrappers = [
        () => Object.assign(new Error('broken'), { parameters: ['x'.repeat(1e6)] }),
        () => Object.assign(new Error('refused'), { code: '23514', parameters: ['x'.repeat(1e6)] }),
        () => new Error('broken'),
      ];
      for (const wrapper of wrappers) {
        const store = new PgStore(async () => {
          const error = wrapper();
          thrown.push(new WeakRef(error));
          throw error;
        });
        for (let n = 0; n < 20; n++) await store.get('a').catch(() => {});
      }
      await collected(thrown);
    `);
    assert.deepEqual({ output, code }, { output: '0', code: 0 });
  });

  test('keeps no error in memory that comes after the timeout', async () => {
    const { output, code } = await failing(`
      let fail;
      const store = new PgStore(() => new Promise((_, reject) => (fail = reject)), { timeout: 10 });
      await store.get('a').catch(({ message }) => console.log(message));
      const late = (() => {
        const error = new Error('late');
        fail(error);
        return new WeakRef(error);
      })();
      fail = undefined;
      await collected([late]);
      for (const turn of [...intervals, ...intervals]) turn();
      await collected([late]);
    `);
    assert.equal(code, 0);
    assert.match(output, /^introspect: PostgreSQL did not answer within 10ms; check .*\n1\n0$/);
  });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const { database, parts } = require('./support/database.js');
const { inEnvironment } = require('./support/environment.js');
const { node } = require('./support/node.js');

describe('a password that is a function', () => {
  const { url, client } = database();
  const { password: right, ...where } = parts(url);
  const withWrong = new URL(url);
  withWrong.password = 'wrong';

  test('is called for each login', async () => {
    for (const [Store, connection] of [
      [PgStore, where], [ExpressStore, where], [PgStore, { connectionString: withWrong.href }], [PgStore, { connectionString: withWrong }],
    ]) {
      let calls = 0;
      const password = async () => {
        calls++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return right;
      };
      const store = new Store({ ...connection, password, application_name: 'tokens' }, { connections: 1 });
      await store.setup();
      assert.equal(calls, 1);
      for (let n = 2; n < 4; n++) {
        await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tokens'");
        while (calls < n) {
          await store.sessionsOf('a').catch(() => {});
          await store.sweep().catch(() => {});
        }
      }
      await store.close();
    }
  });

  test('may return the password itself, and use its object', async () => {
    const settings = { ...where, secret: right, password() { return this.secret; } };
    Object.defineProperty(settings, 'secret', { enumerable: false });
    const store = new PgStore(settings);
    await store.setup();
    await store.close();
  });

  test('replaces that of the environment', async () => {
    const variables = { DATABASE_URL: withWrong.href };
    const store = inEnvironment(variables, () => new PgStore({ password: () => right }));
    await store.setup();
    await store.close();
    const separate = inEnvironment({ PGPASSWORD: 'wrong', PGUSER: where.user }, () => new PgStore({ ...where, password: () => right }));
    await separate.setup();
    await separate.close();
  });

  test('may fail, and is called again', async () => {
    const failure = Object.assign(new Error('no token today'), { code: '42501' });
    let fails = true;
    const results = [() => { throw failure; }, async () => { throw failure; }];
    for (const fail of results) {
      fails = true;
      const store = new PgStore({ ...where, password: () => (fails ? fail() : right) });
      await assert.rejects(store.setup(), (error) => {
        assert.deepEqual([error.code, error.retryable, error.sqlState], ['PG_SESSION_UNAVAILABLE', true, undefined]);
        assert.match(error.message, /function for the password failed: no token today/);
        assert.equal(error.cause, failure);
        return true;
      });
      fails = false;
      const deadline = Date.now() + 5000;
      while (await store.setup().then(() => false, () => Date.now() < deadline));
      assert.equal(store.ready, true);
      await store.close();
    }
  });

  test('must return a string', async () => {
    for (const value of [undefined, null, 7, {}, Buffer.from('s3cret')]) {
      const store = new PgStore({ ...where, password: async () => value }, { timeout: 2000 });
      await assert.rejects(store.setup(), { code: 'PG_SESSION_CONFIGURATION', message: /must return a string .*, not (undefined|null|number|object)$/ });
      await store.close();
    }
    for (const password of [7, true, {}, Promise.resolve('s3cret')]) {
      assert.throws(() => new PgStore({ ...where, password }), {
        code: 'PG_SESSION_CONFIGURATION', message: 'invalid connection: `password` must be a string, or a function that returns one',
      });
    }
  });

  test('that never returns does not hang a call, and that is wrong is reported as any other', async () => {
    const hanging = new PgStore({ ...where, password: () => new Promise(() => {}), connectionTimeoutMillis: 1000 }, { timeout: 2000 });
    await assert.rejects(hanging.setup(), { code: 'PG_SESSION_UNAVAILABLE' });
    const wrong = new PgStore({ ...where, password: () => 's3cret' });
    await assert.rejects(wrong.setup(), (error) => error.sqlState === '28P01' && !/s3cret/.test(error.message));
    await wrong.close();
  });

  test('does not keep the process alive', async () => {
    const program = `
      const { DATABASE_URL: connectionString, TOKEN } = process.env;
      const store = new (require('pg-session'))({ connectionString, password: async () => TOKEN });
      store.setup().then(() => console.log('done'), console.error);
    `;
    assert.deepEqual(await node(program, { env: { DATABASE_URL: withWrong.href, TOKEN: right } }), { code: 0, output: 'done' });
  });
});

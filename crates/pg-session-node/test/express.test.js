'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const { before, describe, test } = require('node:test');
const { promisify } = require('node:util');
const express = require('express');
const session = require('express-session');

const PgStore = require('pg-session/express');
const { database } = require('./support/database.js');
const { node } = require('./support/node.js');
const { visit } = require('./support/visit.js');

const MINUTE = 60_000;

describe('the store for express-session', () => {
  const { url, client } = database();
  const store = new PgStore(url);
  const methods = ['get', 'set', 'touch', 'destroy', 'all', 'length', 'clear'];
  const { get, set, touch, destroy, all, length, clear } = Object.fromEntries(
    methods.map((method) => [method, promisify(store[method]).bind(store)]),
  );

  before(() => store.setup());

  const secondsLeft = async (id) => {
    const sql = 'SELECT extract(epoch FROM expiry - now())::float8 AS left FROM session WHERE id = $1';
    return (await client.query(sql, [id])).rows[0].left;
  };

  test("is a Store of the application's express-session with the properties of the other store", async () => {
    assert(store instanceof session.Store);
    assert.equal(store.ready, true);
    assert.deepEqual(store.options, PgStore.defaultOpts);
    assert.match(PgStore.handle('an-unguessable-id'), /^[0-9a-f]{32}$/);
    const later = new PgStore(url);
    const connected = once(later, 'connect');
    assert.equal(await later.setup(), undefined);
    await connected;
    assert.equal(await later.sweep(), 0);
    await later.close();
    await assert.rejects(promisify(later.get).call(later, 'a'), { code: 'PG_SESSION_UNAVAILABLE' });
    assert.throws(() => new PgStore(url, { tabel: 'x' }), { code: 'PG_SESSION_CONFIGURATION' });
  });

  test('returns the session that was set, or null', async () => {
    await set('a', { cookie: {}, user: 'Zoë' });
    assert.deepEqual(await get('a'), { cookie: {}, user: 'Zoë' });
    await destroy('a');
    assert.equal(await get('a'), null);
    await destroy('a');
  });

  test('keeps a session as long as its cookie', async () => {
    const inAMinute = new Date(Date.now() + MINUTE);
    for (const [cookie, left] of [
      [{ expires: inAMinute }, 60], [{ expires: inAMinute.toISOString() }, 60], [{ maxAge: 2 * MINUTE }, 120],
      [{ expires: null, maxAge: null }, 2700], [{ expires: false }, 2700], [undefined, 2700],
    ]) {
      await set('ttl', { cookie });
      const seconds = await secondsLeft('ttl');
      assert(seconds <= left + 0.01 && seconds > left - 10, `${JSON.stringify(cookie)}: ${seconds}`);
    }
    await set('ttl', { cookie: { expires: new Date(0) } });
    assert.equal(await get('ttl'), null);
  });

  test('touches only live sessions', async () => {
    await set('t', { cookie: { maxAge: MINUTE }, n: 1 });
    await touch('t', { cookie: { maxAge: 10 * MINUTE }, n: 2 });
    assert(await secondsLeft('t') > 500);
    assert.equal((await get('t')).n, 1);
    await destroy('t');
    await touch('t', { cookie: { maxAge: MINUTE } });
    assert.equal(await get('t'), null);
  });

  test('lists, counts and clears sessions', async () => {
    await clear();
    await Promise.all([set('one', { cookie: {}, n: 1 }), set('two', { cookie: {}, n: 2 })]);
    await set('old', { cookie: { maxAge: -1 } });
    const sessions = await all();
    assert.deepEqual(sessions.map(({ id, ...data }) => [id, data]), [
      ['one', { cookie: {}, n: 1 }],
      ['two', { cookie: {}, n: 2 }],
    ]);
    // The id is not enumerable, so it is not stored with the data.
    assert.deepEqual(Object.keys(sessions[0]), ['cookie', 'n']);
    assert.equal(await length(), 2);
    await clear();
    assert.deepEqual(await all(), []);
    assert.equal(await length(), 0);
  });

  test('accepts calls without a callback', async () => {
    store.set('silent', { cookie: {} });
    store.destroy('');
    assert.deepEqual(await get('silent'), { cookie: {} });
    store.destroy('silent');
    assert.equal(await get('silent'), null);
  });

  test("calls back once, with the error, in its caller's async context", async () => {
    const context = new AsyncLocalStorage();
    const calls = [];
    await Promise.all([7, 'nobody'].map((id) => new Promise((resolve) => context.run(id, () => {
      let returned = false;
      store.get(id, (error, found) => {
        calls.push([context.getStore(), error?.code ?? found, returned]);
        resolve();
      });
      returned = true;
    }))));
    await get('nobody');
    assert.deepEqual(calls, [[7, 'PG_SESSION_INVALID_INPUT', true], ['nobody', null, true]]);
  });

  test("leaves an exception of a callback uncaught: no second call, no rejection, no lost session", async () => {
    await set('kept', { cookie: {}, n: 1 });
    const { code, output } = await node(`
      const PgStore = require('pg-session/express');
      const store = new PgStore(process.env.DATABASE_URL);
      let calls = 0;
      const thrown = [];
      process.on('uncaughtException', (error, origin) => thrown.push(error.message + ' ' + origin));
      process.on('exit', () => console.log(calls, thrown.join()));
      store.setup().then(() => {
        store.get('kept', () => { calls++; throw new Error('mine') });
        store.get('', () => { calls++; throw new Error('mine too') });
      });
    `, { env: { DATABASE_URL: url } });
    assert.deepEqual({ code, output }, { code: 0, output: '2 mine too uncaughtException,mine uncaughtException' });
    assert.equal((await get('kept')).n, 1);
  });

  const app = (options, routes) => {
    const app = express();
    app.use(session({ store, secret: 'secret', resave: false, saveUninitialized: false, ...options }));
    app.get('/', (req, res) => {
      req.session.views = (req.session.views ?? 0) + 1;
      res.json(req.session.views);
    });
    routes?.(app);
    return app;
  };

  test('serves Express with cookies of every kind', async () => {
    const eager = { resave: true, saveUninitialized: true };
    for (const options of [{}, eager, { rolling: true, cookie: { maxAge: MINUTE } }]) {
      assert.deepEqual(await visit(app(options), ['/', '/', '/']), ['1', '2', '3']);
    }
  });

  test('moves the expiry if a request changes nothing', async () => {
    await clear();
    const touched = app({ cookie: { maxAge: 10 * MINUTE } }, (app) => {
      app.get('/age', async (req, res) => {
        await client.query("UPDATE session SET expiry = now() + interval '1 minute'");
        res.json(req.session.views);
      });
    });
    assert.deepEqual(await visit(touched, ['/', '/age']), ['1', '1']);
    const [{ id }] = (await client.query('SELECT id FROM session')).rows;
    assert(await secondsLeft(id) > 500);
  });
});

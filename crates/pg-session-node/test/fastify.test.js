'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');
const { promisify } = require('node:util');

const PgStore = require('pg-session/fastify');
const { database } = require('./support/database.js');
const { open, visit } = require('./support/visit.js');

describe('the store for @fastify/session', () => {
  const { url, client } = database();
  const store = new PgStore(url);

  before(() => store.setup());

  const app = async (options, routes) => {
    const app = require('fastify')();
    app.register(require('@fastify/cookie'));
    app.register(require('@fastify/session'), {
      store, secret: 'a secret of thirty-two characters', cookie: { secure: false }, ...options,
    });
    app.get('/', async (request) => {
      request.session.views = (request.session.views ?? 0) + 1;
      return String(request.session.views);
    });
    routes?.(app);
    await app.ready();
    return app.server;
  };

  test('serves Fastify', async () => {
    assert.deepEqual(await visit(await app(), ['/', '/', '/']), ['1', '2', '3']);
    assert.equal((await client.query('SELECT FROM session')).rowCount, 1);
  });

  test('keeps a session as long as its cookie', async () => {
    await visit(await app({ cookie: { secure: false, maxAge: 60_000 } }), ['/']);
    const { rows } = await client.query("SELECT FROM session WHERE expiry BETWEEN now() + '50 s' AND now() + '60.01 s'");
    assert.equal(rows.length, 1);
  });

  test('lets the database decide whether a session is live', async () => {
    await client.query('TRUNCATE session');
    const { visitor, close } = await open(await app({ cookie: { secure: false, maxAge: 60_000 } }));
    const get = visitor();
    assert.equal((await get('/')).body, '1');
    await client.query("UPDATE session SET session = jsonb_set(session::jsonb, '{cookie,expires}', '\"2020-01-01\"')");
    assert.equal((await get('/')).body, '2');
    await client.query("UPDATE session SET expiry = now() - interval '1 s'");
    assert.equal((await get('/')).body, '1');
    close();
  });

  /** Returns of each symbol of an object whether it is enumerable. The links to the loaded state are symbols. */
  const symbols = (value) => Object.getOwnPropertySymbols(Object(value))
    .map((symbol) => Object.getOwnPropertyDescriptor(value, symbol).enumerable);

  test('returns whatever another application has stored', async () => {
    const get = promisify(store.get).bind(store);
    const cookie = { originalMaxAge: 60_000 };
    const dated = { cookie: { ...cookie, expires: '2020-01-01T00:00:00.000Z' } };
    const odd = [{ expires: 'never' }, { expires: 7 }, { expires: null }].map((cookie) => ({ cookie }));
    for (const session of [{}, { cookie: 'none' }, { cookie: null }, { cookie, n: 1 }, dated, ...odd, [1], 7]) {
      await client.query("INSERT INTO session VALUES ('theirs', now() + interval '1 min', $1)", [JSON.stringify(session)]);
      const found = await get('theirs');
      if (session === dated) {
        const left = new Date(found.cookie.expires) - Date.now();
        assert(left > 50_000 && left <= 60_000, 'a date is the expiry of the row');
        found.cookie.expires = dated.cookie.expires;
      }
      assert.deepEqual(structuredClone(found), session);
      assert.deepEqual(symbols(found), typeof session === 'object' ? [false] : []);
      assert.deepEqual(symbols(found.cookie), typeof session.cookie === 'object' && session.cookie ? [true] : []);
      await client.query("DELETE FROM session WHERE id = 'theirs'");
    }
  });

  test('returns sessions that look like results of JSON.parse, except for symbols, also during the callback', async () => {
    const session = { cookie: { path: '/', originalMaxAge: null }, n: 1 };
    await promisify(store.set).call(store, 'plain', session);
    const attempt = (run) => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    };
    const look = () => new Promise((resolve) => store.get('plain', (error, found) => {
      const cloned = attempt(() => structuredClone(found));
      const own = [found, found.cookie].map(symbols);
      resolve({ found, cloned, own, keys: Object.keys(found.cookie), text: JSON.stringify(found) });
    }));
    const { found, cloned, own, keys, text } = await look();
    assert.deepEqual(cloned, session);
    assert.deepEqual(keys, ['path', 'originalMaxAge']);
    assert.deepEqual(own, [[false], [true]]);
    assert.equal(text, JSON.stringify(session));
    assert.deepEqual(found, (await look()).found);
  });

  test('does not confuse sessions if one is saved while another is destroyed', async () => {
    const routes = (app) => app.get('/end-another', async ({ session }) => {
      await new Promise((resolve) => store.destroy('another', () => session.save(resolve)));
      await session.regenerate(['views']);
      return '';
    });
    assert.deepEqual(await visit(await app({}, routes), ['/', '/end-another', '/']), ['1', '', '2']);
  });

  test('needs no express-session', () => {
    const loaded = Object.keys(require.cache).filter((file) => file.includes('express-session'));
    assert.deepEqual(loaded, []);
  });
});

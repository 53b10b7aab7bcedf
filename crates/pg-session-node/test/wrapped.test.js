'use strict';

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');
const { promisify } = require('node:util');

const { database } = require('./support/database.js');
const { frameworks } = require('./support/frameworks.js');
const { open } = require('./support/visit.js');

/** What applications do with the session that `get` returned. Each function returns a class that extends the store. */
const wrappers = {
  'later': (Store) => class extends Store {
    get(sid, callback) {
      promisify(super.get).call(this, sid).then((found) => setImmediate(callback, null, found), callback);
    }
  },

  'from a cache': (Store) => class extends Store {
    #cache = new Map();

    get(sid, callback) {
      if (this.#cache.has(sid)) return setImmediate(callback, null, this.#cache.get(sid));
      super.get(sid, (error, found) => {
        if (found) this.#cache.set(sid, found);
        callback(error, found);
      });
    }
  },
};

const forFastify = {
  ...wrappers,

  'deeply frozen': (Store) => class extends Store {
    get(sid, callback) {
      super.get(sid, (error, found) => callback(error, deepFreeze(found)));
    }
  },

  'as a copy, also of the cookie': (Store) => class extends Store {
    get(sid, callback) {
      super.get(sid, (error, found) => callback(error, found && { ...found, cookie: { ...found.cookie } }));
    }
  },
};

function deepFreeze(value) {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key of Reflect.ownKeys(value)) deepFreeze(value[key]);
  return value;
}

for (const [framework, wraps] of [['express-session', wrappers], ['@fastify/session', forFastify]]) {
  for (const [how, wrap] of Object.entries(wraps)) {
    describe(`a store for ${framework} whose get answers ${how}`, () => {
      const { url, client } = database();
      let site, store, resume, arrived;

      const act = async (query, visit) => {
        if (query.has('hold')) await new Promise((resolve) => (resume = resolve) && arrived());
        if (query.has('rotate')) await visit.rotate();
        if (query.has('set')) visit.session[query.get('set')] = true;
        if (query.has('save')) await visit.save();
        if (query.has('remove')) delete visit.session[query.get('remove')];
        if (query.has('logout')) await visit.logout();
        return {};
      };
      /** Runs one request while another, which has loaded its session, waits. */
      const runDuring = async (get, waiting, other) => {
        const here = new Promise((resolve) => (arrived = resolve));
        const answer = get.twin()(`/?hold&${waiting}`);
        await here;
        assert.equal((await get(`/?${other}`)).status, 200);
        resume();
        assert.equal((await answer).status, 200);
      };
      const stored = async () => {
        const { rows } = await client.query("SELECT session::jsonb - 'cookie' AS data FROM session");
        return rows.map(({ data }) => data);
      };

      before(async () => {
        const made = frameworks[framework](url, {}, act, { wrap });
        store = made.store;
        await made.ready;
        await store.setup();
        site = await open(made.app);
      });
      after(async () => {
        site.close();
        await store.close();
      });
      beforeEach(() => client.query('TRUNCATE session'));

      test('keeps the changes of concurrent requests', async () => {
        const alice = site.visitor();
        await alice('/?set=old');
        await runDuring(alice, 'set=mine&remove=old', 'set=theirs');
        assert.deepEqual(await stored(), [{ mine: true, theirs: true }]);
      });

      test('does not undo a logout', async () => {
        const alice = site.visitor();
        await alice('/?set=user');
        await runDuring(alice, 'set=mine', 'logout');
        assert.deepEqual(await stored(), []);
      });

      test('keeps concurrent changes under a new id, and nothing else', async () => {
        const alice = site.visitor();
        await alice('/?set=user');
        await runDuring(alice, 'set=token&save&remove=token&rotate', 'set=theirs');
        assert.deepEqual(await stored(), [{ user: true, theirs: true }]);
      });
    });
  }
}

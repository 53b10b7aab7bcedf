'use strict';

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const { database } = require('./support/database.js');
const { frameworks } = require('./support/frameworks.js');
const { open } = require('./support/visit.js');

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const AGE = 2000;

/** What a request may do with its session. Each returns the session's data, and the remaining time that it shows. */
const ACTIONS = {
  async read() {},
  async write(visit) {
    visit.session.writes = (visit.session.writes ?? 0) + 1;
  },
  save: (visit) => visit.save(),
  touch: (visit) => visit.touch(),
  reload: (visit) => visit.reload(),
  rotate: (visit) => visit.rotate(),
  // koa-generic-session does not know which session is renewed, so the application restores it.
  rename: (visit) => (visit.rename ?? visit.rotate)(),
  restore: (visit) => (visit.restore ?? visit.rotate)(),
  async writeAndSave(visit) {
    await ACTIONS.write(visit);
    await visit.save();
  },
  async saveAndWrite(visit) {
    await visit.save();
    await ACTIONS.write(visit);
  },
  async saveAndReload(visit) {
    await ACTIONS.write(visit);
    await visit.save();
    await visit.reload();
  },
  // A login that keeps the data and the cookie.
  async copy(visit) {
    const kept = Object.fromEntries(Object.entries(visit.session));
    await visit.rotate();
    Object.assign(visit.session, kept);
  },
};

/** The visit of the last request that held on to it. */
let hold;

async function act(query, visit) {
  const left = visit.left();
  if (query.has('user')) visit.session.user = query.get('user');
  for (const action of query.getAll('do')) await ACTIONS[action](visit);
  for (const age of query.getAll('age')) visit.setAge(Number(age));
  if (query.has('none')) visit.setAge(null);
  if (query.has('hold')) hold = visit;
  for (const date of query.getAll('expires')) visit.session.cookie.expires = JSON.parse(date, (_, value) => dateOf(value));
  if (query.has('save')) await visit.save();
  return { user: visit.data().user, left, id: visit.id() };
}

/** Converts a number to the date in so many milliseconds. */
function dateOf(value) {
  return typeof value === 'number' ? new Date(Date.now() + value) : value;
}

/** Returns the remaining time of the only row of a table, in milliseconds. */
async function leftOf(client, table, expiry = 'expiry') {
  const { rows } = await client.query(`SELECT (extract(epoch FROM ${expiry} - now()) * 1000)::float8 AS left FROM ${table}`);
  assert.equal(rows.length, 1);
  return rows[0].left;
}

/** Returns whether the middleware extends the session in a request that does this. */
function keepsAlive(name, { rolling, resave }, action) {
  if (name === 'express-session') return true;
  if (rolling) return true;
  // @fastify/session never calls touch, and koa-session does not have it.
  return !['read', 'reload', ...(name === '@fastify/session' ? ['touch'] : [])].includes(action);
}

for (const [name, make] of Object.entries(frameworks)) {
  describe(`sessions in use, through ${name}`, () => {
    const { url, client } = database();
    const opened = [];
    let tables = 0;

    /** Starts an app of the middleware with these settings on its own table, with one visitor who is logged in. */
    const serve = async (settings, options) => {
      const table = `t${tables++}`;
      const { store, app, ready } = make(url, { table, cleanupTime: 0, ...options }, act, settings);
      let gone = 0;
      store.on('gone', () => gone++);
      await ready;
      await store.setup();
      const { visitor, close } = await open(app);
      opened.push(() => (close(), store.close()));
      const get = visitor();
      const visit = async (query = '') => {
        const { status, body } = await get(`/?${query}`);
        assert.equal(status, 200, body);
        return JSON.parse(body);
      };
      const left = () => leftOf(client, table);
      const data = async () => (await client.query(`SELECT session::text FROM ${table}`)).rows[0];
      await visit('user=alice');
      return { store, table, visit, left, data, gone: () => gone };
    };
    after(() => Promise.all(opened.map((close) => close())));

    const close = (left, age, slack = 250) => assert(left <= age + 1 && left > age - slack, `${left} of ${age}`);

    test('live on through every kind of request, and end on time', async () => {
      const cases = [];
      for (const rolling of [true, false]) {
        for (const resave of name === 'express-session' ? [true, false] : [undefined]) {
          for (const saveUninitialized of name.includes('koa') ? [undefined] : [true, false]) {
            for (const action of Object.keys(ACTIONS)) {
              const settings = { rolling };
              if (resave !== undefined) settings.resave = resave;
              if (saveUninitialized !== undefined) settings.saveUninitialized = saveUninitialized;
              if (keepsAlive(name, settings, action)) cases.push({ settings, action });
            }
          }
        }
      }
      assert(cases.length >= 14);
      await Promise.all(cases.map(async ({ settings, action }) => {
        const told = JSON.stringify({ settings, action });
        const { visit, left, gone } = await serve({ maxAge: AGE, ...settings });
        for (let n = 0; n < 5; n++) {
          await sleep(600);
          const seen = await visit(`do=${action}`);
          assert.equal(seen.user, 'alice', `${told}, request ${n}`);
          if (typeof seen.left === 'number') assert(seen.left > 0 && seen.left <= AGE, `${told}: ${seen.left}`);
        }
        const millis = await left();
        // A touch may leave the expiry behind by a twentieth.
        assert(millis > AGE * 0.95 - 1000 && millis <= AGE, `${told}: ${millis}`);
        assert.equal(gone(), 0, told);
      }));
    });

    if (!name.includes('generic')) {
      test('show a handler their true remaining time', async () => {
        const { visit, table } = await serve({ maxAge: MINUTE, rolling: false, resave: false });
        for (const left of [30, 5, 50]) {
          await client.query(`UPDATE ${table} SET expiry = now() + interval '${left} s'`);
          const seen = await visit();
          // @fastify/session restarts the age of a loaded session.
          close(seen.left, name === '@fastify/session' ? MINUTE : left * 1000, 1000);
        }
      });
    }

    // Ages below the option `ttl`, and above it.
    for (const age of [10 * MINUTE, DAY]) test(`outlive a job that gets, changes and sets them, at an age of ${age} ms`, async () => {
      const { store, visit, left, data, table } = await serve({ maxAge: age });
      const { id } = await visit();
      const call = (method, ...args) =>
        name.includes('koa') ? store[method](...args) : promisify(store[method]).call(store, ...args);
      // As if an hour had passed with touches only.
      const grow = async () => {
        const old = Date.now() - 60 * MINUTE;
        const aged = (await data()).session
          .replace(/"(expires|originalExpires)":"[^"]*"/g, `"$1":"${new Date(old).toISOString()}"`)
          .replace(/"_expire":\d+/, `"_expire":${old}`);
        await client.query(`UPDATE ${table} SET session = $1`, [aged]);
      };
      await grow();
      const found = await call('get', id);
      assert.equal(found.user, 'alice');
      found.job = 1;
      await call('set', id, found);
      close(await left(), age, 5000);
      assert.equal((await visit()).user, 'alice');
      assert.equal(JSON.parse((await data()).session).job, 1);
      for (const copy of [({ ...all }) => all, (all) => JSON.parse(JSON.stringify(all))]) {
        await grow();
        await call('set', id, copy(await call('get', id)));
        close(await left(), age, 5000);
        const [[, every]] = name.includes('koa') ? await store.all() : [[id, (await call('all'))[0]]];
        assert(!every.cookie?.expires || new Date(every.cookie.expires) > new Date(), every.cookie?.expires);
        await call('set', id, every);
        close(await left(), age, 5000);
        assert.equal(JSON.parse((await data()).session).id, undefined);
      }
      if (name.includes('koa')) {
        await client.query(`UPDATE ${table} SET expiry = now() + interval '1 minute'`);
        await store.touch(id);
        close(await left(), age, 5000);
      }
      assert.equal((await visit()).user, 'alice');
    });

    test('live as long as a handler says, even for less than a second, and end when it says so', async () => {
      const { visit, left, data } = await serve({ maxAge: MINUTE });
      for (const age of [MINUTE + 1, MINUTE + 500, MINUTE + 1, MINUTE - 999, MINUTE - 100, MINUTE, 2 * MINUTE]) {
        for (const save of ['', '&save']) {
          await visit(`age=${age}${save}`);
          const millis = await left();
          assert(millis <= age && millis > age * 0.95 - 1000, `${age}: ${millis}`);
          const { cookie, _maxAge } = JSON.parse((await data()).session);
          const stored = _maxAge ?? cookie.originalMaxAge ?? cookie.maxAge;
          assert(stored <= age && stored > age - 20, `${age}: ${stored}`);
        }
      }
      if (name !== 'koa-session') {
        await visit('expires=90000&save');
        close(await left(), 90_000, 1000);
      }
      const { store, visit: again } = await serve({ maxAge: MINUTE });
      const count = () => (name.includes('koa') ? store.count() : promisify(store.length).call(store));
      for (const end of name === 'koa-session' ? ['age=-1000'] : ['age=-1000', 'expires=-1000', 'expires=-1000&save']) {
        await again('user=alice');
        assert.equal(await count(), 1);
        await again(end);
        assert.equal(await count(), 0, end);
      }
    });

    if (!name.includes('koa')) {
      test('survive a late save by a task that outlived its request', async () => {
        const { visit, left } = await serve({ maxAge: AGE });
        for (const action of ['write', 'rotate', 'read']) {
          await visit(`user=alice&do=${action}&hold`);
          const { save } = hold;
          for (let n = 0; n < 4; n++) {
            await sleep(600);
            assert.equal((await visit()).user, 'alice');
          }
          await save();
          assert(await left() > AGE / 2, `${action}: ${await left()}`);
          assert.equal((await visit()).user, 'alice', action);
        }
      });

      test('get the default time to live after their age was removed', async () => {
        const TTL = 100_000;
        // @fastify/session passes the age on to the session with a new id.
        for (const then of name === 'express-session' ? ['do=rotate', 'none'] : ['none']) {
          const { visit, left } = await serve({ maxAge: null }, { ttl: TTL });
          await visit('age=86400000');
          close(await left(), DAY, 5000);
          await visit(then);
          close(await left(), TTL, 5000);
        }
        // The same if there was no age.
        const { visit, left } = await serve({ maxAge: null }, { ttl: TTL });
        await visit('none');
        close(await left(), TTL, 5000);
      });
    }

    test('keep their age through every renewal', async () => {
      const { visit, table } = await serve({ maxAge: MINUTE }, { maxAge: 10 * MINUTE });
      const old = new Date(Date.now() - 9 * MINUTE);
      await client.query(`UPDATE ${table} SET created = $1`, [old]);
      const { id } = await visit();
      for (const action of name.includes('generic') ? ['rename', 'restore', 'rename'] : ['rotate', 'copy', 'rotate']) {
        await visit(`do=${action}`);
        const seen = await visit();
        assert.notEqual(seen.id, id);
        assert.equal(seen.user, 'alice');
        const { rows } = await client.query(`SELECT created FROM ${table}`);
        assert.deepEqual(rows.map(({ created }) => created), [old], action);
      }
      await client.query(`UPDATE ${table} SET created = now() - interval '601 s'`);
      assert.equal((await visit()).user, undefined);
    });
  });
}

describe('cookies that last as long as the browser runs', () => {
  const { url, client } = database();
  const TTL = 100_000;
  const [stores, sites] = [[], []];
  after(() => {
    for (const { close } of sites) close();
    return Promise.all(stores.map((store) => store.close()));
  });

  const ages = { null: null, undefined, false: false };

  for (const [name, make] of Object.entries(frameworks)) {
    test(`through ${name}, in every form`, async () => {
      const forms = name === 'koa-session'
        ? [{ maxAge: 'session' }]
        : [
            ...Object.values(ages).flatMap((maxAge) => [{ cookie: { maxAge } }, { cookie: { expires: maxAge, maxAge } }]),
            // koa-generic-session has a default age.
            ...(name.includes('generic') ? [] : Object.values(ages).map((expires) => ({ cookie: { expires } }))),
          ].filter(({ cookie }) => !name.includes('generic') || cookie.maxAge !== undefined);
      for (const form of forms) {
        const { store, app, ready } = make(url, { cleanupTime: 0, ttl: TTL }, act, form);
        stores.push(store);
        await ready;
        await store.setup();
        await client.query('TRUNCATE session');
        const site = await open(app);
        sites.push(site);
        const visit = site.visitor();
        // After its first save in a request, koa-session gives such a cookie an age of a day.
        const saves = name === 'koa-session' ? [] : ['save', 'do=rotate'];
        for (const query of ['user=alice', '', 'do=write', ...saves, 'do=touch', 'do=reload', '']) {
          const { status, body } = await visit(`/?${query}`);
          assert.equal(status, 200, body);
          assert.equal(JSON.parse(body).user, 'alice');
          const left = await leftOf(client, 'session');
          assert(left <= TTL && left > TTL * 0.95 - 1000, `${JSON.stringify(form)} ${query}: ${left}`);
          assert.equal(JSON.parse(body).left || null, null, `${JSON.stringify(form)} ${query}: ${body}`);
        }
      }
    });

    if (name.includes('koa')) continue;

    test(`through ${name}, set by a handler`, async () => {
      const { store, app, ready } = make(url, { cleanupTime: 0, ttl: TTL }, async (query, visit) => {
        visit.session.user = 'alice';
        const [field, value] = [query.get('field'), ages[query.get('value')]];
        if (field) visit.session.cookie[field] = value;
        if (query.has('save')) await visit.save();
        return {};
      }, { maxAge: MINUTE });
      stores.push(store);
      await ready;
      await store.setup();
      const site = await open(app);
      sites.push(site);
      for (const field of ['maxAge', 'expires']) {
        for (const value of Object.keys(ages)) {
          // @fastify/cookie rejects the value that the Cookie of @fastify/session makes of this.
          if (name === '@fastify/session' && field === 'maxAge' && value === 'undefined') continue;
          for (const query of [`field=${field}&value=${value}`, `field=${field}&value=${value}&save`]) {
            for (const isNew of [true, false]) {
              await client.query('TRUNCATE session');
              const visit = site.visitor();
              if (!isNew) await visit('/');
              const { status, body } = await visit(`/?${query}`);
              assert.equal(status, 200, body);
              const left = await leftOf(client, 'session');
              // In @fastify/session, a cookie without a date keeps its age.
              const ttl = name === '@fastify/session' && field === 'expires' ? MINUTE : TTL;
              assert(left <= ttl && left > ttl * 0.95 - 1000, `${query}: ${left}`);
            }
          }
        }
      }
    });
  }

  test('and everything else that the Cookie of a middleware can hold', async () => {
    const { Cookie } = require('express-session');
    const FastifyCookie = require('@fastify/session/lib/cookie.js');
    const FastifyStore = require('pg-session/fastify');
    const invalid = new Date(NaN);
    const numbers = [0, -1, NaN, Infinity, -Infinity, 1e300, 8e15];
    const values = [null, undefined, false, true, ...numbers, '', 'never', invalid, new Date(8e15), new Date(0)];
    const assigning = (cookie, field, value) => {
      try {
        cookie[field] = value;
      } catch (error) {
        assert.match(error.message, /maxAge must be/);
      }
      return cookie;
    };
    for (const [Store, make] of [
      [ExpressStore, (options) => new Cookie(options)],
      [FastifyStore, (options) => new FastifyCookie(options, {})],
    ]) {
      const store = new Store(url, { cleanupTime: 0 });
      stores.push(store);
      const [set, get, touch] = ['set', 'get', 'touch'].map((method) => promisify(store[method]).bind(store));
      for (const field of ['maxAge', 'expires', 'originalMaxAge']) {
        for (const value of values) {
          const cookies = [assigning(make({}), field, value), assigning(make({ maxAge: MINUTE }), field, value)];
          if (value !== true && (field !== 'maxAge' || typeof value !== 'string')) cookies.push(make({ [field]: value }));
          for (const cookie of cookies) {
            await set('held', { cookie, n: 1 });
            await touch('held', { cookie });
            await get('held');
          }
        }
      }
    }
  });
});

test('dates are written as in JSON', () => {
  const { isoText } = require('../lib/times.js');
  const times = [0, 999, DAY - 1, DAY, Date.UTC(2028, 1, 29, 23, 59, 59, 999), Date.UTC(10_000, 0) - 1];
  for (let n = 0; n < 1000; n++) times.push(Math.floor(Math.random() * Date.UTC(10_000, 0)));
  for (const time of times) assert.equal(isoText(time), new Date(time).toISOString());
});

describe('a session of connect-pg-simple', () => {
  const { url, client } = database();

  test('is never shortened by requests, touches and saves without an age', async () => {
    const session = require('express-session');
    const TheirStore = require('connect-pg-simple')(session);
    const { Pool } = require('pg');
    const pool = new Pool({ connectionString: url });
    // A connection may still be closing when the database is dropped.
    pool.on('error', () => {});
    const theirs = new TheirStore({
      pool, createTableIfMissing: true, tableName: 'theirs', ttl: 30 * 24 * 3600, pruneSessionInterval: false,
    });
    const names = { table: 'theirs', idColumn: 'sid', dataColumn: 'sess', expiryColumn: 'expire' };
    const ours = new ExpressStore(url, { ...names, cleanupTime: 0 });
    const app = (store) => {
      const app = require('express')();
      app.use(session({ store, secret: 'secret', resave: false, saveUninitialized: false }));
      app.get('/:what', async (req, res) => {
        if (req.params.what === 'write') req.session.n = (req.session.n ?? 0) + 1;
        if (req.params.what === 'save') await promisify(req.session.save).call(req.session);
        res.json(req.session.n);
      });
      return app;
    };
    const [before, now] = [await open(app(theirs)), await open(app(ours))];
    const jar = before.visitor();
    assert.equal((await jar('/write')).body, '1');
    const left = async () => (await leftOf(client, 'theirs', 'expire')) / DAY;
    // The same cookie on the other app.
    const visit = now.visitor(jar.cookie());
    for (const what of ['read', 'save', 'write', 'read']) {
      assert.equal((await visit(`/${what}`)).status, 200);
      assert(await left() > 29.9, `${what}: ${await left()} days`);
    }
    assert.equal((await visit('/read')).body, '2');
    const store = new PgStore(url, { ...names, cleanupTime: 0 });
    const [[sid]] = await store.all();
    assert.equal(await store.touch(sid), true);
    assert(await left() > 29.9);
    const found = await store.get(sid);
    found.n = 7;
    await store.set(sid, found);
    assert(await left() > 29.9);
    assert.equal(await store.touch('nobody'), false);
    before.close();
    now.close();
    await Promise.all([store.close(), ours.close(), pool.end()]);
  });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const FastifyStore = require('pg-session/fastify');
const { database } = require('./support/database.js');
const { open } = require('./support/visit.js');

describe('a store that does not fit', () => {
  const { url } = database();
  const configuration = (message) => ({ name: 'PgSessionError', code: 'PG_SESSION_CONFIGURATION', message });

  test('is refused by express-session at start-up', () => {
    const session = require('express-session');
    const options = { secret: 's', resave: false, saveUninitialized: false };
    assert.throws(() => session({ ...options, store: new PgStore(url) }), configuration(/require\('pg-session\/express'\)/));
    session({ ...options, store: new ExpressStore(url) });
  });

  test('does not leave requests of Fastify waiting', async () => {
    const app = require('fastify')();
    app.register(require('@fastify/cookie'));
    app.register(require('@fastify/session'), {
      store: new PgStore(url), secret: 'a secret of thirty-two characters', cookie: { secure: false },
    });
    app.get('/', async (request) => {
      request.session.n = 1;
      return 'done';
    });
    app.setErrorHandler((error, request, reply) => reply.status(500).send(error.message));
    const { statusCode, body } = await app.inject('/').catch((error) => ({ statusCode: 500, body: error.message }));
    assert.equal(statusCode, 500);
    assert.match(body, /pg-session\/fastify/);
    await app.close();
  });

  test('throws if it is called like the other one', () => {
    const store = new PgStore(url);
    const callback = () => {};
    for (const call of [
      () => store.get('a', callback), () => store.set('a', {}, callback), () => store.set('a', {}, 1, callback),
      () => store.destroy('a', callback),
    ]) assert.throws(call, configuration(/returns promises.*'pg-session\/express'.*'pg-session\/fastify'/));
    for (const Store of [ExpressStore, FastifyStore]) {
      const store = new Store(url);
      for (const call of [() => store.get('a'), () => store.get('a', 1), () => store.set('a', {}, 1000), () => store.touch('a', {}, 1000)]) {
        assert.throws(call, configuration(/takes callbacks.*For Koa.*'pg-session'/));
      }
    }
  });

  for (const [name, make] of Object.entries({
    'koa-generic-session': (store) => require('koa-generic-session')({ store }),
    'koa-session': (store, app) => require('koa-session').default({ store }, app),
  })) {
    test(`does not leave ${name} without a session in silence`, async (t) => {
      const errors = [];
      const app = new (require('koa'))();
      app.keys = ['key'];
      app.silent = true;
      app.on('error', (error) => errors.push(error.message));
      app.use(async (ctx, next) => {
        await next().catch((error) => {
          errors.push(error.message);
          ctx.status = 500;
        });
      });
      app.use(make(new ExpressStore(url), app));
      app.use((ctx) => {
        ctx.session.views = (ctx.session.views ?? 0) + 1;
        ctx.body = String(ctx.session.views);
      });
      const { visitor, close } = await open(app);
      t.after(close);
      const get = visitor();
      await get('/');
      await get('/');
      assert.match(errors.join(), /For Koa, use the one with promises/);
    });
  }

  test('names what to use instead of methods of other stores', async () => {
    for (const Store of [PgStore, ExpressStore, FastifyStore]) {
      const store = new Store(url);
      for (const name of ['pruneSessions', 'prune', 'reap', 'clearExpiredSessions', 'cleanup']) {
        assert.throws(() => store[name](() => {}), configuration(new RegExp(`no method \`${name}\`; use \`sweep\\(\\)\``)));
      }
      assert.throws(() => store.ids(), configuration(/use `all`/));
      assert.throws(() => store.startInterval(), configuration(/option `cleanupTime`/));
      assert.deepEqual(Object.keys(store).filter((key) => key === 'pruneSessions'), []);
      await store.sweep();
      await store.close();
    }
  });
});

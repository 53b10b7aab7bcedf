'use strict';

const { randomUUID } = require('node:crypto');
const { promisify } = require('node:util');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const FastifyStore = require('pg-session/fastify');

const HOUR = 3_600_000;
const PREFIX = 'koa:sess:';

/**
 * Functions that create an app for each middleware, over a store on `url`. Unless `settings` say otherwise, sessions are rolling
 * and are saved even if unchanged. The app responds with the result of `act(query, visit)`. A visit has the `session`, its `id`
 * in the store, and the operations of an application on it. For stores with callbacks, `wrap` returns the class to use.
 */
const frameworks = {
  'koa-generic-session 2'(url, options, act, { maxAge = HOUR, ...settings } = {}) {
    const Koa = require('koa');
    const store = new PgStore(url, options);
    const app = new Koa();
    app.keys = ['key'];
    app.use(require('koa-generic-session')({ store, prefix: PREFIX, rolling: true, cookie: { maxAge }, ...settings }));
    app.use(async (ctx) => {
      ctx.body = await act(new URLSearchParams(ctx.search), generic(ctx, store));
    });
    return { store, app };
  },

  'koa-generic-session 1'(url, options, act, { maxAge = HOUR, ...settings } = {}) {
    const store = new PgStore(url, options);
    const app = require('koa1')();
    app.keys = ['key'];
    app.use(require('koa-generic-session1')({ store, prefix: PREFIX, rolling: true, cookie: { maxAge }, ...settings }));
    app.use(function* () {
      const co = require('co');
      const regenerateSession = () => co(this.regenerateSession());
      const visit = generic(this, store, regenerateSession);
      this.body = yield act(new URLSearchParams(this.search), visit);
    });
    return { store, app };
  },

  'koa-session'(url, options, act, { maxAge = HOUR, ...settings } = {}) {
    const Koa = require('koa');
    const store = new PgStore(url, options);
    const app = new Koa();
    app.keys = ['key'];
    app.use(require('koa-session').createSession({ store, rolling: true, maxAge, ...settings }, app));
    app.use(async (ctx) => {
      ctx.body = await act(new URLSearchParams(ctx.search), {
        get session() {
          return ctx.session;
        },
        data: () => ctx.session?.toJSON() ?? {},
        id: () => ctx.session.externalKey,
        left: () => ctx.session._expire - Date.now(),
        setAge: (age) => (ctx.session.maxAge = age),
        save: () => ctx.session.save(),
        touch: () => store.touch(ctx.session.externalKey, ctx.session.maxAge),
        reload: () => {},
        rotate: () => ctx.session.regenerate(),
        logout: () => (ctx.session = null),
        destroy: (id) => store.destroy(id),
      });
    });
    return { store, app };
  },

  'express-session'(url, options, act, { maxAge = HOUR, wrap = (Store) => Store, ...settings } = {}) {
    const session = require('express-session');
    const store = new (wrap(ExpressStore))(url, options);
    const app = require('express')();
    const age = { rolling: true, cookie: { maxAge } };
    app.use(session({ store, secret: 'secret', resave: true, saveUninitialized: false, ...age, ...settings }));
    app.get('/', async (req, res) => {
      const { searchParams } = new URL(req.url, 'http://localhost');
      const method = (name) => () => promisify(req.session[name]).call(req.session);
      res.json(await act(searchParams, {
        get session() {
          return req.session;
        },
        data: () => withoutCookie(req.session),
        id: () => req.sessionID,
        left: () => req.session.cookie.maxAge,
        setAge: (age) => (req.session.cookie.maxAge = age),
        save: () => method('save')(),
        touch: () => req.session.touch(),
        reload: () => method('reload')(),
        renew: () => method('regenerate')(),
        async rotate() {
          const kept = withoutCookie(req.session);
          await method('regenerate')();
          Object.assign(req.session, kept);
        },
        logout: () => method('destroy')(),
        destroy: promisify(store.destroy).bind(store),
      }));
    });
    return { store, app };
  },

  '@fastify/session'(url, options, act, { maxAge = HOUR, wrap = (Store) => Store, ...settings } = {}) {
    const store = new (wrap(FastifyStore))(url, options);
    const fastify = require('fastify')();
    const { cookie = { maxAge }, ...others } = settings;
    fastify.register(require('@fastify/cookie'));
    fastify.register(require('@fastify/session'), {
      store, secret: 'a secret of thirty-two characters', saveUninitialized: false, cookie: { secure: false, ...cookie }, ...others,
    });
    fastify.get('/', (request) => act(new URL(request.url, 'http://localhost').searchParams, {
      get session() {
        return request.session;
      },
      data: () => withoutCookie(request.session),
      id: () => request.session.sessionId,
      left: () => request.session.cookie.maxAge,
      setAge: (age) => (request.session.cookie.maxAge = age),
      save: () => request.session.save(),
      touch: () => request.session.touch(),
      reload: () => request.session.reload(),
      renew: () => request.session.regenerate(),
      rotate: () => request.session.regenerate(Object.keys(withoutCookie(request.session))),
      logout: () => request.session.destroy(),
      destroy: promisify(store.destroy).bind(store),
    }));
    return { store, app: fastify.server, ready: fastify.ready() };
  },
};

/** Returns a visit through koa-generic-session. */
function generic(ctx, store, regenerateSession = () => ctx.regenerateSession()) {
  return {
    get session() {
      return ctx.session;
    },
    data: () => withoutCookie(ctx.session),
    id: () => PREFIX + ctx.sessionId,
    left: () => undefined,
    setAge: (age) => (ctx.session.cookie.maxAge = age),
    save: () => store.set(PREFIX + ctx.sessionId, ctx.session, ctx.session.cookie.maxAge),
    touch: () => store.touch(PREFIX + ctx.sessionId, ctx.session.cookie.maxAge),
    reload: () => {},
    renew: regenerateSession,
    async rotate() {
      const kept = withoutCookie(await store.take(PREFIX + ctx.sessionId));
      await regenerateSession();
      Object.assign(ctx.session, kept);
      // Otherwise, unchanged data is not saved.
      if (Object.keys(kept).length > 0) ctx.sessionSave = true;
    },
    async rename() {
      const sid = randomUUID();
      await store.rotate(PREFIX + ctx.sessionId, PREFIX + sid);
      Object.assign(ctx, { sessionId: sid, sessionSave: true });
    },
    async restore() {
      const kept = await store.take(PREFIX + ctx.sessionId);
      await regenerateSession();
      Object.assign(ctx, { session: kept, sessionSave: true });
    },
    logout: () => (ctx.session = null),
    destroy: (id) => store.destroy(id),
  };
}

function withoutCookie(session) {
  const { cookie, ...data } = session || {};
  return data;
}

module.exports = { frameworks };

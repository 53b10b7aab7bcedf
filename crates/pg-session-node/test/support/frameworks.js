'use strict';

const { promisify } = require('node:util');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const FastifyStore = require('pg-session/fastify');

const HOUR = 3_600_000;
const PREFIX = 'koa:sess:';

/**
 * Every middleware with an app of `act(query, visit)`, which answers the body, over a store on `url`: rolling, and set to
 * save what has not changed too. A visit has the `session`, its `id` in the store, and what an application may do to it.
 */
const frameworks = {
  'koa-generic-session 2'(url, options, act) {
    const Koa = require('koa');
    const store = new PgStore(url, options);
    const app = new Koa();
    app.keys = ['key'];
    app.use(require('koa-generic-session')({ store, prefix: PREFIX, rolling: true, cookie: { maxAge: HOUR } }));
    app.use(async (ctx) => {
      ctx.body = await act(new URLSearchParams(ctx.search), generic(ctx, store));
    });
    return { store, app };
  },

  'koa-generic-session 1'(url, options, act) {
    const store = new PgStore(url, options);
    const app = require('koa1')();
    app.keys = ['key'];
    app.use(require('koa-generic-session1')({ store, prefix: PREFIX, rolling: true, cookie: { maxAge: HOUR } }));
    app.use(function* () {
      const co = require('co');
      const regenerateSession = () => co(this.regenerateSession());
      const visit = generic(this, store, regenerateSession);
      this.body = yield act(new URLSearchParams(this.search), visit);
    });
    return { store, app };
  },

  'koa-session'(url, options, act) {
    const Koa = require('koa');
    const store = new PgStore(url, options);
    const app = new Koa();
    app.keys = ['key'];
    app.use(require('koa-session').createSession({ store, rolling: true, maxAge: HOUR }, app));
    app.use(async (ctx) => {
      ctx.body = await act(new URLSearchParams(ctx.search), {
        get session() {
          return ctx.session;
        },
        data: () => ctx.session?.toJSON() ?? {},
        id: () => ctx.session.externalKey,
        save: () => ctx.session.save(),
        rotate: () => ctx.session.regenerate(),
        logout: () => (ctx.session = null),
        destroy: (id) => store.destroy(id),
      });
    });
    return { store, app };
  },

  'express-session'(url, options, act) {
    const session = require('express-session');
    const store = new ExpressStore(url, options);
    const app = require('express')();
    const age = { rolling: true, cookie: { maxAge: HOUR } };
    app.use(session({ store, secret: 'secret', resave: true, saveUninitialized: false, ...age }));
    app.get('/', async (req, res) => {
      const { searchParams } = new URL(req.url, 'http://localhost');
      const method = (name) => () => promisify(req.session[name]).call(req.session);
      res.json(await act(searchParams, {
        get session() {
          return req.session;
        },
        data: () => withoutCookie(req.session),
        id: () => req.sessionID,
        save: () => method('save')(),
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

  '@fastify/session'(url, options, act) {
    const store = new FastifyStore(url, options);
    const fastify = require('fastify')();
    const cookie = { secure: false, maxAge: HOUR };
    fastify.register(require('@fastify/cookie'));
    fastify.register(require('@fastify/session'), {
      store, secret: 'a secret of thirty-two characters', saveUninitialized: false, cookie,
    });
    fastify.get('/', (request) => act(new URLSearchParams(request.query), {
      get session() {
        return request.session;
      },
      data: () => withoutCookie(request.session),
      id: () => request.session.sessionId,
      save: () => request.session.save(),
      renew: () => request.session.regenerate(),
      rotate: () => request.session.regenerate(Object.keys(withoutCookie(request.session))),
      logout: () => request.session.destroy(),
      destroy: promisify(store.destroy).bind(store),
    }));
    return { store, app: fastify.server, ready: fastify.ready() };
  },
};

/** A visit by koa-generic-session. */
function generic(ctx, store, regenerateSession = () => ctx.regenerateSession()) {
  return {
    get session() {
      return ctx.session;
    },
    data: () => withoutCookie(ctx.session),
    id: () => PREFIX + ctx.sessionId,
    save: () => store.set(PREFIX + ctx.sessionId, ctx.session, HOUR),
    renew: regenerateSession,
    async rotate() {
      const kept = withoutCookie(await store.take(PREFIX + ctx.sessionId));
      await regenerateSession();
      Object.assign(ctx.session, kept);
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

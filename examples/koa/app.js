'use strict';

// A Koa application that keeps its visitors' sessions in PostgreSQL.

const { json } = require('node:stream/consumers');
const { setTimeout: sleep } = require('node:timers/promises');
const Koa = require('koa');
const session = require('koa-generic-session');
const PgStore = require('pg-session');

const { DATABASE_URL, PORT = '3000', SESSION_KEY = 'for development only', SESSION_SECONDS = '2700' } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');

/** What the middleware puts before its ids in the store. */
const PREFIX = 'koa:sess:';
const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = new Koa();
app.keys = [SESSION_KEY];
// A session lives as long after the last request.
app.use(session({ store, prefix: PREFIX, rolling: true, cookie: { maxAge: Number(SESSION_SECONDS) * 1000 } }));

const routes = {
  'GET /': (ctx) => {
    ctx.session.views = (ctx.session.views ?? 0) + 1;
    ctx.body = { views: ctx.session.views };
  },
  'GET /session': (ctx) => {
    ctx.body = data(ctx.session);
  },
  'PUT /session/': async (ctx, key, inner) => {
    const value = await json(ctx.req);
    await delay(ctx);
    ctx.session[key] = inner === undefined ? value : { ...ctx.session[key], [inner]: value };
    ctx.status = 200;
  },
  'DELETE /session/': (ctx, key) => {
    delete ctx.session[key];
    ctx.status = 200;
  },
  'GET /touch': async (ctx) => {
    await delay(ctx);
    ctx.status = 200;
  },
  'POST /rotate': async (ctx) => {
    await delay(ctx);
    // As it is by now; and of two requests at once, only one gets it.
    const kept = data(await store.take(PREFIX + ctx.sessionId));
    await ctx.regenerateSession();
    Object.assign(ctx.session, kept);
    // The middleware compares data alone, and would take the new session for one that has not changed.
    if (Object.keys(kept).length > 0) ctx.sessionSave = true;
    ctx.status = 200;
  },
  'POST /logout': (ctx) => {
    ctx.session = null;
    ctx.status = 200;
  },
  'POST /logout-others': async (ctx) => {
    const { user } = ctx.session;
    if (user?.id != null) await store.destroySessionsOf(user.id, PREFIX + ctx.sessionId);
    ctx.status = 200;
  },
};

app.use((ctx) => {
  const [, folder, ...keys] = /^(\/session\/)([^/]+)(?:\/(.+))?$/.exec(ctx.path) ?? [null, ctx.path];
  return routes[`${ctx.method} ${folder}`]?.(ctx, ...keys.map((key) => key && decodeURIComponent(key)));
});

/** The session without what the middleware keeps in it. */
function data({ cookie, ...rest }) {
  return rest;
}

function delay(ctx) {
  return sleep(Number(ctx.query.delay_ms ?? 0));
}

async function main() {
  await store.setup();
  const server = app.listen(Number(PORT), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
  const stop = () => {
    server.close(() => store.close());
    // A connection that is kept alive is idle once its answer is out.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

main();

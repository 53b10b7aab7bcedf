'use strict';

// A Koa application with sessions in PostgreSQL, through koa-generic-session.

const { json } = require('node:stream/consumers');
const { setTimeout: sleep } = require('node:timers/promises');
const Koa = require('koa');
const session = require('koa-generic-session');
const PgStore = require('pg-session');

const { DATABASE_URL, PORT = '3000', SESSION_SECRET, SESSION_SECONDS = '2700', NODE_ENV } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');
if (!SESSION_SECRET) throw new Error('set SESSION_SECRET, for example to the output of: openssl rand -hex 32');

/** The middleware's prefix of ids in the store. */
const PREFIX = 'koa:sess:';
const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = new Koa();
app.keys = [SESSION_SECRET];
app.use(session({
  store,
  prefix: PREFIX,
  // Each request extends the session.
  rolling: true,
  cookie: { maxAge: Number(SESSION_SECONDS) * 1000, secure: NODE_ENV === 'production', sameSite: 'lax' },
}));

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
    // Gets the current data. Of two concurrent requests, only one gets it.
    const kept = data(await store.take(PREFIX + ctx.sessionId));
    await ctx.regenerateSession();
    Object.assign(ctx.session, kept);
    // The middleware compares only the data, so it would not save the new session.
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

/** Returns the session's data without the middleware's fields. */
function data({ cookie, ...rest }) {
  return rest;
}

function delay(ctx) {
  return sleep(Number(ctx.query.delay_ms ?? 0));
}

async function main() {
  await store.setup();
  const server = app.listen(Number(PORT), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port} (Koa)`);
  });
  const stop = () => {
    server.close(() => store.close());
    // A keep-alive connection becomes idle once its response is sent.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

main();

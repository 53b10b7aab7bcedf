'use strict';

// A Koa 1 application with sessions in PostgreSQL. Its handlers are generators.

const { json } = require('node:stream/consumers');
const { setTimeout: sleep } = require('node:timers/promises');
const koa = require('koa');
const session = require('koa-generic-session');
const PgStore = require('pg-session');

const { DATABASE_URL, PORT = '3000', SESSION_SECRET, SESSION_SECONDS = '2700', NODE_ENV } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');
if (!SESSION_SECRET) throw new Error('set SESSION_SECRET, for example to the output of: openssl rand -hex 32');

/** The middleware's prefix of ids in the store. */
const PREFIX = 'koa:sess:';
const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = koa();
app.keys = [SESSION_SECRET];
app.use(session({
  store,
  prefix: PREFIX,
  // Each request extends the session.
  rolling: true,
  cookie: { maxAge: Number(SESSION_SECONDS) * 1000, secure: NODE_ENV === 'production', sameSite: 'lax' },
}));

const routes = {
  *'GET /'() {
    this.session.views = (this.session.views || 0) + 1;
    this.body = { views: this.session.views };
  },
  *'GET /session'() {
    this.body = data(this.session);
  },
  *'PUT /session/'(key, inner) {
    const value = yield json(this.req);
    yield delay(this);
    this.session[key] = inner === undefined ? value : Object.assign({}, this.session[key], { [inner]: value });
    this.status = 200;
  },
  *'DELETE /session/'(key) {
    delete this.session[key];
    this.status = 200;
  },
  *'GET /touch'() {
    yield delay(this);
    this.status = 200;
  },
  *'POST /rotate'() {
    yield delay(this);
    // Gets the current data. Of two concurrent requests, only one gets it.
    const kept = data(yield store.take(PREFIX + this.sessionId));
    yield this.regenerateSession();
    Object.assign(this.session, kept);
    // The middleware compares only the data, so it would not save the new session.
    if (Object.keys(kept).length > 0) this.sessionSave = true;
    this.status = 200;
  },
  *'POST /logout'() {
    this.session = null;
    this.status = 200;
  },
  *'POST /logout-others'() {
    const { user } = this.session;
    if (user && user.id !== undefined) yield store.destroySessionsOf(user.id, PREFIX + this.sessionId);
    this.status = 200;
  },
};

app.use(function* () {
  const [, folder, ...keys] = /^(\/session\/)([^/]+)(?:\/(.+))?$/.exec(this.path) || [null, this.path];
  const route = routes[`${this.method} ${folder}`];
  if (route) yield route.apply(this, keys.map((key) => key && decodeURIComponent(key)));
});

/** Returns the session's data without the middleware's fields. */
function data({ cookie, ...rest }) {
  return rest;
}

function delay(ctx) {
  return sleep(Number(ctx.query.delay_ms || 0));
}

store.setup().then(() => {
  const server = app.listen(Number(PORT), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
  const stop = () => {
    server.close(() => store.close());
    // A keep-alive connection becomes idle once its response is sent.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
});

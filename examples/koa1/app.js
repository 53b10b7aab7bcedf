'use strict';

// A Koa 1 application, of generators, that keeps its visitors' sessions in PostgreSQL.

const { json } = require('node:stream/consumers');
const { setTimeout: sleep } = require('node:timers/promises');
const koa = require('koa');
const session = require('koa-generic-session');
const PgStore = require('pg-session');

const { DATABASE_URL, PORT = '3000', SESSION_KEY = 'for development only' } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');

const store = new PgStore(DATABASE_URL);
const app = koa();
app.keys = [SESSION_KEY];
app.use(session({ store }));

const routes = {
  *'GET /'() {
    this.session.views = (this.session.views || 0) + 1;
    this.body = { views: this.session.views };
  },
  *'GET /session'() {
    this.body = data(this.session);
  },
  *'PUT /session/'(key) {
    const value = yield json(this.req);
    yield delay(this);
    this.session[key] = value;
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
    const kept = data(this.session);
    yield this.regenerateSession();
    Object.assign(this.session, kept);
    // The middleware compares data alone, and would take the new session for one that has not changed.
    if (Object.keys(kept).length > 0) this.sessionSave = true;
    this.status = 200;
  },
  *'POST /logout'() {
    this.session = null;
    this.status = 200;
  },
};

app.use(function* () {
  const [, folder, key] = /^(\/session\/)(.+)$/.exec(this.path) || [null, this.path];
  const route = routes[`${this.method} ${folder}`];
  if (route) yield route.call(this, key && decodeURIComponent(key));
});

/** The session without what the middleware keeps in it. */
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
    // A connection that is kept alive is idle once its answer is out.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
});

'use strict';

// A Koa 1 application, of generators, that keeps its visitors' sessions in PostgreSQL.

const { json } = require('node:stream/consumers');
const { setTimeout: sleep } = require('node:timers/promises');
const koa = require('koa');
const session = require('koa-generic-session');
const PgStore = require('pg-session');

const { DATABASE_URL, PORT = '3000', SESSION_KEY = 'for development only', SESSION_SECONDS = '2700' } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');

/** What the middleware puts before its ids in the store. */
const PREFIX = 'koa:sess:';
const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = koa();
app.keys = [SESSION_KEY];
// A session lives as long after the last request.
app.use(session({ store, prefix: PREFIX, rolling: true, cookie: { maxAge: Number(SESSION_SECONDS) * 1000 } }));

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
    // As it is by now; and of two requests at once, only one gets it.
    const kept = data(yield store.take(PREFIX + this.sessionId));
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

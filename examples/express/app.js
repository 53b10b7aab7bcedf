'use strict';

// An Express application with sessions in PostgreSQL.

const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');
const express = require('express');
const session = require('express-session');
const PgStore = require('pg-session/express');

const { DATABASE_URL, PORT = '3000', SESSION_SECRET, SESSION_SECONDS = '2700', NODE_ENV } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');
if (!SESSION_SECRET) throw new Error('set SESSION_SECRET, for example to the output of: openssl rand -hex 32');

const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = express();
app.use(express.json({ strict: false }));
app.use(session({
  store,
  secret: SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  // Each request extends the session.
  rolling: true,
  cookie: { maxAge: Number(SESSION_SECONDS) * 1000, secure: NODE_ENV === 'production', sameSite: 'lax' },
}));

app.get('/', (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.json({ views: req.session.views });
});
app.get('/session', (req, res) => {
  res.json(data(req.session));
});
app.put('/session/:key{/:inner}', async (req, res) => {
  const { key, inner } = req.params;
  await delay(req);
  req.session[key] = inner === undefined ? req.body : { ...req.session[key], [inner]: req.body };
  res.end();
});
app.delete('/session/:key', (req, res) => {
  delete req.session[req.params.key];
  res.end();
});
app.get('/touch', async (req, res) => {
  await delay(req);
  res.end();
});
app.post('/rotate', async (req, res) => {
  await delay(req);
  const kept = data(req.session);
  // `regenerate` stores the new session even if it is empty. An empty one is not worth a row.
  if (Object.keys(kept).length > 0) {
    await promisify(req.session.regenerate).call(req.session);
    Object.assign(req.session, kept);
  }
  res.end();
});
app.post('/logout', async (req, res) => {
  await promisify(req.session.destroy).call(req.session);
  res.end();
});
app.post('/logout-others', async (req, res) => {
  const { user } = req.session;
  if (user?.id != null) await store.destroySessionsOf(user.id, req.sessionID);
  res.end();
});
// Logs errors. express-session has already saved the session, or passed its error here.
app.use((error, req, res, next) => {
  console.error(`${error.name}: ${error.message}`);
  if (res.headersSent) next(error);
  else res.sendStatus(500);
});

/** Returns the session's data without the middleware's fields. */
function data({ cookie, ...rest }) {
  return rest;
}

function delay(req) {
  return sleep(Number(req.query.delay_ms ?? 0));
}

async function main() {
  await store.setup();
  const server = app.listen(Number(PORT), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
  const stop = () => {
    server.close(() => store.close());
    // A keep-alive connection becomes idle once its response is sent.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

main();

'use strict';

// A Fastify application with sessions in PostgreSQL.

const { setTimeout: sleep } = require('node:timers/promises');
const PgStore = require('pg-session/fastify');

const { DATABASE_URL, PORT = '3000', SESSION_SECRET, SESSION_SECONDS = '2700', NODE_ENV } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');
if (!SESSION_SECRET) throw new Error('set SESSION_SECRET, for example to the output of: openssl rand -hex 32');

const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = require('fastify')();
app.register(require('@fastify/cookie'));
app.register(require('@fastify/session'), {
  store,
  secret: SESSION_SECRET,
  saveUninitialized: false,
  // @fastify/session extends the session with each request.
  cookie: { maxAge: Number(SESSION_SECONDS) * 1000, secure: NODE_ENV === 'production', sameSite: 'lax' },
});

app.get('/', async ({ session }) => {
  session.views = (session.views ?? 0) + 1;
  return { views: session.views };
});
app.get('/session', async ({ session }) => data(session));
app.put('/session/:key/:inner?', async ({ session, params: { key, inner }, query, body }) => {
  await delay(query);
  session[key] = inner === undefined ? body : { ...session[key], [inner]: body };
});
app.delete('/session/:key', async ({ session, params }) => {
  delete session[params.key];
});
app.get('/touch', async ({ query }) => {
  await delay(query);
});
app.post('/rotate', async ({ session, query }) => {
  await delay(query);
  const keys = Object.keys(data(session));
  // `regenerate` stores the new session even if it is empty. An empty one is not worth a row.
  if (keys.length > 0) await session.regenerate(keys);
});
app.post('/logout', async ({ session }) => {
  await session.destroy();
});
app.post('/logout-others', async ({ session }) => {
  const { user, sessionId } = session;
  if (user?.id != null) await store.destroySessionsOf(user.id, sessionId);
});

/** Returns the session's data without the middleware's fields. */
function data({ cookie, ...rest }) {
  return rest;
}

function delay({ delay_ms: milliseconds = 0 }) {
  return sleep(Number(milliseconds));
}

async function main() {
  await store.setup();
  console.log(`listening on ${await app.listen({ port: Number(PORT), host: '127.0.0.1' })}`);
  const stop = async () => {
    await app.close();
    await store.close();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

main();

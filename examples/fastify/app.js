'use strict';

// A Fastify application that keeps its visitors' sessions in PostgreSQL.

const { setTimeout: sleep } = require('node:timers/promises');
const PgStore = require('pg-session/fastify');

const { DATABASE_URL, PORT = '3000', SESSION_SECONDS = '2700' } = process.env;
const { SESSION_KEY = 'thirty-two letters or more, for development only' } = process.env;
if (!DATABASE_URL) throw new Error('set DATABASE_URL, such as postgres://user:password@localhost/app');

const store = new PgStore(DATABASE_URL, { subject: 'user.id' });
const app = require('fastify')();
app.register(require('@fastify/cookie'));
app.register(require('@fastify/session'), {
  store,
  secret: SESSION_KEY,
  saveUninitialized: false,
  // It lives as long after the last request. This is http on localhost; over https, an app leaves `secure` out.
  cookie: { secure: false, maxAge: Number(SESSION_SECONDS) * 1000 },
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
  // It stores the new session at once, and one without data is not worth a row.
  if (keys.length > 0) await session.regenerate(keys);
});
app.post('/logout', async ({ session }) => {
  await session.destroy();
});
app.post('/logout-others', async ({ session }) => {
  const { user, sessionId } = session;
  if (user?.id != null) await store.destroySessionsOf(user.id, sessionId);
});

/** The session without what the middleware keeps in it. */
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

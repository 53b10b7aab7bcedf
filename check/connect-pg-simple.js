'use strict';

// Serves calls on connect-pg-simple. Each line of standard input is a request, {call, operation, id, data, ttl}, and each
// line of standard output its response, {call, found} or {call, error}.

const { createInterface } = require('node:readline');
const { promisify } = require('node:util');
const { Pool } = require('pg');
const PgSession = require('connect-pg-simple')(require('express-session'));

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
// Without a listener, an idle connection that is killed would end the process.
pool.on('error', () => {});
const store = new PgSession({ pool, createTableIfMissing: true, pruneSessionInterval: false });
const [get, set, touch, destroy] = ['get', 'set', 'touch', 'destroy'].map((name) => promisify(store[name].bind(store)));

const cookie = (ttl) => ({ originalMaxAge: ttl, expires: new Date(Date.now() + ttl) });

const operations = {
  get: ({ id }) => get(id),
  set: ({ id, data, ttl }) => set(id, { ...data, cookie: cookie(ttl) }),
  touch: ({ id, ttl }) => touch(id, { cookie: cookie(ttl) }),
  destroy: ({ id }) => destroy(id),
};

async function respond(request) {
  const { call, operation } = request;
  try {
    return { call, found: (await operations[operation](request)) ?? null };
  } catch (error) {
    return { call, error: error.message };
  }
}

createInterface({ input: process.stdin })
  .on('line', async (line) => console.log(JSON.stringify(await respond(JSON.parse(line)))))
  .on('close', () => process.exit(0));

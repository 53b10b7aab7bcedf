'use strict';

// The store of connect-pg-simple. A line on standard input is a call, {call, verb, id, data, ttl}, and one on standard
// output its answer, {call, found} or {call, error}.

const { createInterface } = require('node:readline');
const { promisify } = require('node:util');
const { Pool } = require('pg');
const PgSession = require('connect-pg-simple')(require('express-session'));

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
// A connection that is killed while nobody uses it.
pool.on('error', () => {});
const store = new PgSession({ pool, createTableIfMissing: true, pruneSessionInterval: false });
const [get, set, touch, destroy] = ['get', 'set', 'touch', 'destroy'].map((verb) => promisify(store[verb].bind(store)));

const cookie = (ttl) => ({ originalMaxAge: ttl, expires: new Date(Date.now() + ttl) });

const verbs = {
  get: ({ id }) => get(id),
  set: ({ id, data, ttl }) => set(id, { ...data, cookie: cookie(ttl) }),
  touch: ({ id, ttl }) => touch(id, { cookie: cookie(ttl) }),
  destroy: ({ id }) => destroy(id),
};

async function answer(question) {
  const { call, verb } = question;
  try {
    return { call, found: (await verbs[verb](question)) ?? null };
  } catch (error) {
    return { call, error: error.message };
  }
}

createInterface({ input: process.stdin })
  .on('line', async (line) => console.log(JSON.stringify(await answer(JSON.parse(line)))))
  .on('close', () => process.exit(0));

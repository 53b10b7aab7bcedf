'use strict';

// Measures one store in this process: node target.js <store>. Reads requests from standard input and writes a line of JSON for
// each: {"fill": sessions}, then any number of {"measure": {operation, callers, sessions, seconds}}.

const { createInterface } = require('node:readline');
const { promisify } = require('node:util');

const TTL_SECONDS = 24 * 3600;
const FILLERS = 256;

const stores = {
  'pg-session': async () => {
    const PgStore = require('pg-session');
    const store = new PgStore(process.env.DATABASE_URL, { table: 'node' });
    await store.setup();
    return { get: (id) => store.get(id), set: (id, session) => store.set(id, session, TTL_SECONDS * 1000) };
  },

  // Uses its own schema, because the names of its constraints are fixed.
  'connect-pg-simple': async () => {
    const { Pool } = require('pg');
    const PgSession = require('connect-pg-simple')(require('express-session'));
    const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
    await pool.query('CREATE SCHEMA IF NOT EXISTS connect_pg_simple');
    const store = new PgSession({
      pool,
      schemaName: 'connect_pg_simple',
      createTableIfMissing: true,
      pruneSessionInterval: false,
      ttl: TTL_SECONDS,
    });
    return { get: promisify(store.get.bind(store)), set: promisify(store.set.bind(store)) };
  },

  'connect-redis': async () => {
    const { createClient } = require('redis');
    const { RedisStore } = require('connect-redis');
    const client = createClient({ socket: { path: process.env.REDIS_SOCKET } });
    await client.connect();
    const store = new RedisStore({ client, ttl: TTL_SECONDS });
    return { get: (id) => store.get(id), set: (id, session) => store.set(id, session) };
  },
};

/** Returns an id of 19 pseudo-random digits, as the Rust targets do. */
function id(number) {
  let hash = 0xcbf29ce484222325n;
  for (let byte = 0; byte < 8; byte++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(Math.floor(number / 256 ** byte) % 256)) * 0x100000001b3n);
  }
  return String((hash & ((1n << 62n) - 1n)) | (1n << 62n));
}

/** Returns a session of about 300 bytes of JSON, as the Rust targets do. */
function session(number) {
  return { user: { id: number, name: `Visitor ${number}` }, views: 1, pad: 'x'.repeat(230) };
}

class Target {
  #store;
  #ids;

  constructor(store) {
    this.#store = store;
  }

  async fill(sessions) {
    this.#ids = Array.from({ length: sessions }, (_, number) => id(number));
    const fillers = Array.from({ length: FILLERS }, async (_, filler) => {
      for (let number = filler; number < sessions; number += FILLERS) await this.#set(number);
    });
    await Promise.all(fillers);
    for (let n = 0; n < 100; n++) await this.#get(Math.floor(Math.random() * sessions));
    return {};
  }

  async measure({ operation, callers, sessions, seconds }) {
    const call = operation === 'set' ? (number) => this.#set(number) : (number) => this.#get(number);
    const warm = performance.now() + (seconds * 1000) / 5;
    const end = warm + seconds * 1000;
    const taken = [];
    const caller = async () => {
      for (;;) {
        const began = performance.now();
        if (began >= end) return;
        await call(Math.floor(Math.random() * sessions));
        if (began >= warm) taken.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const sorted = Float64Array.from(taken).sort();
    const at = (share) => (sorted[Math.floor(sorted.length * share)] ?? 0) * 1000;
    return { per_second: sorted.length / seconds, p50_us: at(0.5), p99_us: at(0.99) };
  }

  async #get(number) {
    const kept = await this.#store.get(this.#ids[number]);
    if (kept?.user.id !== number) throw new Error(`expected session ${number}, got ${JSON.stringify(kept)}`);
  }

  #set(number) {
    return this.#store.set(this.#ids[number], session(number));
  }
}

async function main(name) {
  const target = new Target(await stores[name]());
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const result = request.fill ? await target.fill(request.fill) : await target.measure(request.measure);
    console.log(JSON.stringify(result));
  }
}

// Exits without closing pools: no request is in flight.
main(process.argv[2]).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

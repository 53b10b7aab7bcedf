'use strict';

// One store, called in this process. A line on standard input asks, and one on standard output answers:
// {"fill": sessions}, then any number of {"measure": {operation, callers, sessions, seconds}}.

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

  // In a schema of its own, where the fixed names of its constraints are free.
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

/** As in Rust: 19 digits, random to look at. */
function id(number) {
  let hash = 0xcbf29ce484222325n;
  for (let byte = 0; byte < 8; byte++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(Math.floor(number / 256 ** byte) % 256)) * 0x100000001b3n);
  }
  return String((hash & ((1n << 62n) - 1n)) | (1n << 62n));
}

/** As in Rust: about 300 bytes of JSON. */
function session(number) {
  return { user: { id: number, name: `Visitor ${number}` }, views: 1, pad: 'x'.repeat(230) };
}

class Side {
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
    if (kept?.user.id !== number) throw new Error(`session ${number} is lost, or another one came back`);
  }

  #set(number) {
    return this.#store.set(this.#ids[number], session(number));
  }
}

async function main(name) {
  const side = new Side(await stores[name]());
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    const answer = question.fill ? await side.fill(question.fill) : await side.measure(question.measure);
    console.log(JSON.stringify(answer));
  }
}

// Who asked is gone or got an answer: pools need not be emptied.
main(process.argv[2]).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

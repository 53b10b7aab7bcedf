'use strict';

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const { database } = require('./support/database.js');

describe('process warnings of the engine', () => {
  const { url, client, pool } = database();
  let warnings = [];
  const listen = (warning) => warnings.push(warning);
  before(() => process.on('warning', listen));
  after(() => process.off('warning', listen));
  beforeEach(() => {
    warnings = [];
  });

  const warned = async (code) => {
    const deadline = Date.now() + 5000;
    while (!warnings.some((warning) => warning.code === code) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return warnings.map(({ name, code, message }) => ({ name, code, message }));
  };

  test('tell once which statement creates a missing index', async () => {
    await client.query(`CREATE TABLE "Of Users" (id text PRIMARY KEY, expiry timestamptz NOT NULL, session json NOT NULL)`);
    await client.query(`INSERT INTO "Of Users" VALUES ('a', now() + interval '1 hour', '{"user": {"id": 7}}')`);
    for (const [Store, connection] of [[PgStore, url], [ExpressStore, url], [PgStore, pool], [PgStore, client]]) {
      const store = new Store(connection, { table: 'Of Users', subject: 'user.id' });
      await Promise.all([store.setup(), store.setup()]);
      assert.equal((await store.sessionsOf(7)).length, 1);
      await store.close();
    }
    const [warning, ...others] = await warned('PG_SESSION_TABLE');
    assert.deepEqual([warning.name, warning.code, others], ['PgSessionWarning', 'PG_SESSION_TABLE', []]);
    const [statement] = /CREATE INDEX CONCURRENTLY.*$/.exec(warning.message);
    await client.query(statement);

    warnings = [];
    const store = new PgStore(url, { table: 'Of Users', subject: 'user.id' });
    await store.setup();
    await store.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(warnings, []);
  });

  test('report lost connections once, not once for each', async () => {
    const store = new PgStore(`${url}?application_name=lost`, { connections: 4 });
    await store.setup();
    let isOver = false;
    const calls = Array.from({ length: 16 }, async (_, n) => {
      while (!isOver) await store.get(`secret-${n}`).catch(() => {});
    });
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost'";
      assert((await client.query(ended)).rowCount > 0);
    }
    isOver = true;
    await Promise.all(calls);
    const told = await warned('PG_SESSION_CONNECTION');
    await store.close();
    assert(told.length > 0);
    assert.deepEqual(new Set(told.map(({ code }) => code)), new Set(['PG_SESSION_CONNECTION']));
    assert.equal(new Set(told.map(({ message }) => message)).size, told.length, 'each fact is told once');
    assert.doesNotMatch(told.map(({ message }) => message).join(), new RegExp(`secret|${new URL(url).password}`));
  });
});

'use strict';

/** What `setup` creates, refuses and warns about. */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { describe, test } = require('node:test');
const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const { database } = require('./support/database.js');

describe('setup', () => {
  const { url, client } = database();

  /** Runs `act` with a store of these options, and closes the store. */
  async function withStore(Store, options, act) {
    const store = new Store(url, { cleanupTime: 0, ...options });
    try {
      return await act(store);
    } finally {
      await store.close();
    }
  }

  test('emits what it has created', async () => {
    for (const [Store, schema] of [[PgStore, 'one'], [ExpressStore, 'two']]) {
      const created = [];
      const again = await withStore(Store, { schema }, async (store) => {
        store.on('created', (what) => created.push(what));
        const connected = once(store, 'connect');
        await store.setup();
        await connected;
        const before = created.length;
        await store.setup();
        return created.length - before;
      });
      assert.deepEqual([created, again], [[`schema "${schema}"`, `table "${schema}"."session"`], 0]);
    }
    const created = [];
    await withStore(PgStore, { table: 'by_a_call' }, async (store) => {
      store.on('created', (what) => created.push(what));
      const connected = once(store, 'connect');
      await store.get('a');
      await connected;
    });
    assert.deepEqual(created, ['table "public"."by_a_call"']);
  });

  test('names the options for a table of connect-pg-simple', async () => {
    await client.query('CREATE TABLE theirs (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)');
    const told = { code: 'PG_SESSION_SETUP', message: /set the options `idColumn` to "sid", `dataColumn` to "sess", `expiryColumn`/ };
    await withStore(PgStore, { table: 'theirs' }, (store) => assert.rejects(store.setup(), told));
  });

  test('refuses the table of a stranger unless the option allows it', async () => {
    const stranger = `stranger_${process.pid}`;
    await client.query(`CREATE ROLE ${stranger}`);
    await client.query(
      'CREATE TABLE prepared (id text PRIMARY KEY, expiry timestamptz, session json); ' +
      `ALTER TABLE prepared OWNER TO ${stranger}`,
    );
    const told = { code: 'PG_SESSION_SETUP', message: /belongs to the role .* \(option `trustTableOwner`\)$/ };
    await withStore(PgStore, { table: 'prepared' }, (store) => assert.rejects(store.setup(), told));
    await withStore(PgStore, { table: 'prepared', trustTableOwner: true }, (store) => store.setup());
    await client.query(`DROP TABLE prepared; DROP ROLE ${stranger}`);
  });

  test('warns if the index for the subject is missing', async () => {
    await withStore(PgStore, { table: 'full' }, (store) => store.set('a', { user: 7 }));
    const warned = once(process, 'warning');
    await withStore(PgStore, { table: 'full', subject: 'user' }, (store) => store.setup());
    const [{ name, message }] = await warned;
    assert.equal(name, 'PgSessionWarning');
    assert.match(message, /let the table's owner run: CREATE INDEX CONCURRENTLY/);
  });
});

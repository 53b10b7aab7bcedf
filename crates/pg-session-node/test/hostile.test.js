'use strict';

/** A schema of a stranger, first in the `search_path`, whose functions, operators and types the store must never run. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Pool } = require('pg');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');

const schema = fs.readFileSync(path.join(__dirname, '../../pg-session/tests/it/hostile/schema.sql'), 'utf8');

describe('with a hostile schema in the search_path', () => {
  const { url, client } = database();
  const calls = async () => (await client.query('SELECT is_called FROM evil.calls')).rows[0].is_called;

  /** Runs every operation. */
  async function works(connection, table) {
    const store = new PgStore(connection, { table, subject: 'user.id', maxAge: 3_600_000, touchEvery: 0, cleanupTime: 0, timeout: 60_000 });
    await store.setup();
    await Promise.all(['1', '2', '3', '4'].map(async (id) => {
      assert.equal(await store.create(id, { user: { id: 7 } }), true);
      await store.set(id, { user: { id: 7 }, n: 1 });
      assert.equal(await store.touch(id, 60_000), true);
      assert.equal(await store.touch(id), true);
      const [mine, theirs] = [await store.get(id), await store.get(id)];
      assert.equal(await store.update(id, Object.assign(mine, { a: 1 })), 'saved');
      assert.equal(await store.update(id, Object.assign(theirs, { b: 1 })), 'merged');
      assert.equal(await store.rotate(id, `${id} new`), 'rotated');
      const taken = await store.take(`${id} new`);
      assert.deepEqual(taken, { user: { id: 7 }, n: 1, a: 1, b: 1 });
      await store.set(`${id} renewed`, taken);
    }));
    assert.deepEqual([await store.count(), (await store.all()).length, (await store.sessionsOf(7)).length], [4, 4, 4]);
    assert.equal(await store.destroySessionsOf(7, '1 renewed'), 3);
    assert.equal(await store.destroy('1 renewed'), true);
    await store.set('late', {}, 0);
    assert.equal(await store.sweep(), 1);
    await store.clear();
    await store.close();
  }

  test('no operation runs its code', async () => {
    await client.query(schema);
    await client.query(`ALTER DATABASE ${client.database} SET search_path = evil, pg_catalog, public`);
    await client.query('SET search_path = pg_catalog');
    const pool = new Pool({ connectionString: url, max: 3 });
    await works(url, 'own');
    await works(pool, 'pool');
    await works((sql, params) => pool.query(sql, params), 'function');
    assert.equal(await calls(), false);
    // The schema would notice.
    await assert.rejects(pool.query('SELECT statement_timestamp()'), /evil/);
    assert.equal(await calls(), true);
    await pool.end();
  });
});

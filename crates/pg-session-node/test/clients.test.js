'use strict';

require('reflect-metadata');

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { PGlite } = require('@electric-sql/pglite');
const { Client, Pool } = require('pg');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');

/** Type parsers of an application that destroy every value. */
const mangling = { getTypeParser: () => () => ({ mangled: true }) };

describe("the application's client as the connection", () => {
  const { url, pool } = database();

  /** Each function returns a client, and a function that closes it. */
  const clients = {
    async 'a Pool of pg'() {
      const pool = new Pool({ connectionString: url, max: 2 });
      return [pool, () => pool.end()];
    },
    async 'a Pool of pg with parsers of its own'() {
      const pool = new Pool({ connectionString: url, types: mangling });
      return [pool, () => pool.end()];
    },
    async 'a Client of pg'() {
      const client = new Client(url);
      await client.connect();
      return [client, () => client.end()];
    },
    async 'a database of pg-promise'() {
      const db = require('pg-promise')({ receive: ({ data }) => data.forEach((row) => delete row.data) })(url);
      return [db, () => db.$pool.end()];
    },
    async 'a DataSource of TypeORM'() {
      const { DataSource } = require('typeorm');
      const source = new DataSource({ type: 'postgres', url });
      await source.initialize();
      return [source, () => source.destroy()];
    },
    async 'an instance of Sequelize'() {
      const { Sequelize } = require('sequelize');
      const sequelize = new Sequelize(url, { logging: false });
      return [sequelize, () => sequelize.close()];
    },
    async 'an instance of Knex'() {
      const knex = require('knex')({ client: 'pg', connection: url, postProcessResponse: () => [] });
      return [knex, () => knex.destroy()];
    },
    async 'the sql of postgres.js'() {
      const postgres = require('postgres');
      const sql = postgres(url, { transform: { ...postgres.camel, value: { from: () => 'mangled' } } });
      return [sql, () => sql.end()];
    },
    async 'Drizzle over pg'() {
      const { drizzle } = require('drizzle-orm/node-postgres');
      const db = drizzle(url);
      return [db, () => db.$client.end()];
    },
    async 'Drizzle over postgres.js'() {
      const { drizzle } = require('drizzle-orm/postgres-js');
      const db = drizzle(require('postgres')(url));
      return [db, () => db.$client.end()];
    },
    async Kysely() {
      const { CamelCasePlugin, Kysely, PostgresDialect } = require('kysely');
      const dialect = new PostgresDialect({ pool: new Pool({ connectionString: url }) });
      const db = new Kysely({ dialect, plugins: [new CamelCasePlugin()] });
      return [db, () => db.destroy()];
    },
    async PGlite() {
      const db = await PGlite.create();
      return [db, () => db.close()];
    },
    async 'any object with a query'() {
      class Mine {
        #pool = pool;
        query(sql, params) {
          return this.#pool.query(sql, params);
        }
      }
      return [new Mine(), () => {}];
    },
  };

  for (const [name, make] of Object.entries(clients)) {
    test(name, async () => {
      const [client, end] = await make();
      const table = `by ${name}`;
      const store = new PgStore(client, { table, cleanupTime: 0, subject: 'user' });
      await store.setup();
      const session = { user: 'Zoë', numbers: [1, 1e21], nothing: null, snake_case: { a_b: '$1 ? :name' } };
      await store.set('a', session);
      const [one, two] = [await store.get('a'), await store.get('a')];
      assert.deepEqual(one, session);
      assert.equal(await store.get('b'), false);
      one.one = two.two = true;
      assert.equal(await store.update('a', one), 'saved');
      assert.equal(await store.update('a', two), 'merged');
      assert.equal(await store.update('a', two), 'unchanged');
      assert.deepEqual(await store.all(), [['a', { ...session, one: true, two: true }]]);
      assert.deepEqual([await store.count(), (await store.sessionsOf('Zoë')).length], [1, 1]);
      assert.equal(await store.create('a', {}), false);
      assert.equal(await store.rotate('a', 'new'), 'rotated');
      assert.equal(await store.touch('new', 60_000), true);
      assert.equal(await store.update('a', two), 'gone');
      assert.equal(await store.touch('a', 60_000), false);
      await store.set('b', {}, 0);
      assert.equal(await store.sweep(), 1);
      assert.equal((await store.take('new')).two, true);
      assert.equal(await store.destroy('new'), false);
      await Promise.all(Array.from({ length: 20 }, (_, n) => store.set(`many-${n}`, { n })));
      await store.clear();
      await assert.rejects(store.set('x'.repeat(3000), {}), { code: 'PG_SESSION_INVALID_INPUT' });
      if (name !== 'PGlite') {
        await pool.query(`ALTER TABLE "${table}" ADD CHECK (id <> 'no')`);
        await assert.rejects(store.set('no', {}), { code: 'PG_SESSION_DATABASE', sqlState: '23514' });
      }
      await store.close();
      await end();
    });
  }

  test('an unbound method of a client is rejected', async () => {
    await assert.rejects(new PgStore(pool.query).setup(), { code: 'PG_SESSION_CONFIGURATION' });
  });

  test('a URL object works', async () => {
    const store = new PgStore(new URL(url), { table: 'by URL' });
    await store.setup();
    assert.equal(await store.count(), 0);
    await store.close();
  });

  test('concurrent calls over one Client cause no warning', async () => {
    const client = new Client(url);
    await client.connect();
    const warnings = [];
    const listen = (warning) => warnings.push(warning);
    process.on('warning', listen);
    const store = new PgStore(client, { table: 'warned' });
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.set(`${n}`, { n })));
    assert.equal(await store.count(), 50);
    await new Promise(setImmediate);
    process.off('warning', listen);
    assert.deepEqual(warnings, []);
    await store.close();
    await client.end();
  });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const FastifyStore = require('pg-session/fastify');
const { database } = require('./support/database.js');

describe('options of other stores', () => {
  const { url, client, pool } = database();
  const connected = () => client.query('SELECT 1 FROM pg_stat_activity WHERE datname = current_database()');

  const refused = (args, ...messages) => {
    for (const Store of [PgStore, ExpressStore, FastifyStore]) {
      assert.throws(() => new Store(...args), (error) => {
        assert.deepEqual([error.name, error.code], ['PgSessionError', 'PG_SESSION_CONFIGURATION']);
        for (const message of messages) assert.match(error.message, message);
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      });
    }
  };

  test('are refused with what to use instead', () => {
    const names = {
      table: ['tableName', 'tablename', 'collectionName'],
      schema: ['schemaName'],
      create: ['createTableIfMissing', 'createtable', 'createTable'],
      cleanupTime: [
        'pruneSessionInterval', 'autoRemoveInterval', 'reapInterval', 'checkPeriod', 'checkExpirationInterval', 'clearInterval',
        'cleanupInterval', 'autoRemove',
      ],
      touchEvery: ['touchAfter', 'disableTouch'],
      ttl: ['expiration', 'disableTTL'],
      idColumn: ['sidfieldname'],
      'process warnings': ['errorLog'],
      'leave it out': ['pruneSessionRandomizedInterval', 'scanCount', 'serializer', 'stringify', 'crypto', 'prefix'],
      'first argument': ['conString', 'conObject', 'connectionString', 'mongoUrl', 'pool', 'client'],
      'session middleware': ['secret', 'cookie', 'saveUninitialized', 'rolling', 'genid'],
    };
    for (const [use, others] of Object.entries(names)) {
      for (const name of others) refused([url, { [name]: 's3cret' }], new RegExp(`\`${name}\` \\(.*${use}`));
    }
  });

  test('are explained together, with the unit of ttl', () => {
    const options = { tableName: 'session', pruneSessionInterval: 60, ttl: 86_400, errorLog: console.error, table: 'a' };
    refused([url, options], /`tableName` \(use `table`\).*`pruneSessionInterval` \(.*milliseconds.*`errorLog`.*`ttl` is in milliseconds$/);
    refused([url, { tableName: 'session' }], /\)$/);
    refused([url, { tableName: 'session', tabel: 's' }], /`tabel`; did you mean `table`\?/);
  });

  test('are told from names that are close to ours, and from those that are not', () => {
    for (const [name, near] of Object.entries({
      tabel: 'table', Table: 'table', cleanup: 'cleanupTime', max_waiting: 'maxWaiting', touch_every: 'touchEvery', idCol: 'idColumn',
      id_column: 'idColumn', timout: 'timeout', subjekt: 'subject', conections: 'connections', preprae: 'prepare', maxage: 'maxAge',
    })) refused([url, { [name]: 1 }], new RegExp(`\`${name}\`; did you mean \`${near}\``));
    for (const name of ['x', 'id', 'frobnicate', 'hello_world', 'toString', '__proto__x', 'hasOwnProperty', 'connection_limit']) {
      assert.throws(() => new PgStore(url, { [name]: 1 }), (error) => {
        assert.match(error.message, new RegExp(`unknown option \`${name}\`; expected \`schema\`, .*\`prepare\``));
        return true;
      });
    }
  });

  test('must be an object', () => {
    for (const options of ['session', 7, true, [], () => {}, Symbol('s')]) refused([url, options], /second argument must be an object/);
    for (const options of [undefined, null, {}]) new PgStore(url, options);
  });

  test('with a client or a pool are the connection', async () => {
    const before = (await connected()).rowCount;
    for (const [Store, ...args] of [
      [PgStore, { pool }], [ExpressStore, { pool }], [FastifyStore, { client: pool }], [PgStore, { client }], [PgStore, { pool, max: undefined }],
      [PgStore, undefined, { pool, table: 'session' }], [ExpressStore, {}, { client }], [PgStore, '', { pool }],
      [PgStore, { pgPromise: { $pool: pool, any() {}, query() {} } }], [PgStore, undefined, { pool: { query: (...args) => pool.query(...args) } }],
    ]) {
      const store = new Store(...args);
      await store.setup();
      assert.deepEqual(Object.keys(store.options), Object.keys(PgStore.defaultOpts));
      await store.close();
    }
    // A pool opens up to three, and the store none of its own.
    assert((await connected()).rowCount <= Math.max(before, 4));
  });

  test('with a client are refused beside another connection, or beside options', () => {
    refused([url, { pool }], /given twice/);
    refused([client, { pool }], /given twice/);
    refused([new (class { #own = 1; query() { return this.#own; } })(), { pool }], /given twice/);
    refused([{ pool, tableName: 'a', ttl: 1 }], /second argument.*`tableName` \(use `table`\), `ttl`/);
    refused([{ pool: undefined }], /`pool` is undefined: create it before the store/);
    refused([undefined, { client: undefined }], /`client` is undefined/);
    refused([{ pool: url }], /`pool` must be a client or a pool, with a method `query`/);
    refused([{ client: 's3cret', connection: { host: 's3cret' } }], /`client` must be a client/);
    refused([{ connectionString: url, tableName: 'a' }], /second argument of PgStore: `tableName` \(use `table`\)/);
    refused([{ connectionString: url, table: 'a' }], /second argument of PgStore: `table`$/);
    refused([{ conString: 's3cret' }], /`conString`; use `connectionString`/);
  });
});

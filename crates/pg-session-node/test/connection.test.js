'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const PgStore = require('pg-session');
const { database, parts } = require('./support/database.js');

describe('a connection', () => {
  const { url, client } = database();

  const works = async (connection) => {
    const store = new PgStore(connection);
    await store.setup();
    await store.set('a', { n: 1 });
    assert.deepEqual(await store.get('a'), { n: 1 });
    return store;
  };
  const refused = (connection, message) => {
    assert.throws(() => new PgStore(connection), (error) => {
      assert.equal(error.code, 'PG_SESSION_CONFIGURATION');
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${error.stack}`, /s3cret/);
      return true;
    });
  };
  const backend = async (name) => {
    const sql = 'SELECT * FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1';
    return (await client.query(sql, [name])).rows[0];
  };

  test('may be a URL', () => works(url));

  test('may be an object of node-postgres', () => works(parts(url)));

  test('may be an object of strings from the environment', () => works({ ...parts(url), port: `${parts(url).port}` }));

  test('may be an object with a connection string and other keys', async () => {
    const store = await works({ connectionString: url, application_name: 'with more & all', ssl: false, max: 3 });
    assert(await backend('with more & all'));
    await store.close();
    await works({ connectionString: url });
    await works({ connectionString: `${url}?connect_timeout=3`, keepAlive: true });
  });

  test("accepts the other keys of node-postgres", async () => {
    const store = await works({
      ...parts(url), application_name: "it's \\ mine", fallback_application_name: 'never', client_encoding: 'UTF8',
      options: '-c work_mem=1MB', statement_timeout: 3000, lock_timeout: 2000, connectionTimeoutMillis: 1500,
      keepAlive: true, keepAliveInitialDelayMillis: 10_000, ssl: undefined, types: null, idleTimeoutMillis: 1,
    });
    assert(await backend("it's \\ mine"));
    await store.close();
  });

  test('passes the settings to the server', async () => {
    const store = new PgStore({ ...parts(url), statement_timeout: 50 });
    await store.setup();
    await client.query('BEGIN; LOCK TABLE session');
    await assert.rejects(store.get('a'), { sqlState: '57014', retryable: true, code: 'PG_SESSION_DATABASE' });
    await client.query('COMMIT');
  });

  test('throws at once if it is missing', () => {
    for (const missing of [undefined, null, 7, true]) refused(missing, /the connection is missing/);
    assert.throws(() => new PgStore(), { code: 'PG_SESSION_CONFIGURATION' });
  });

  test('throws on unknown keys', () => {
    refused({ usr: 's3cret' }, /`usr`.*`user`/);
    refused({ pasword: 's3cret' }, /`pasword`.*`password`/);
    refused({ ssl: { rejectUnauthorised: false } }, /`ssl.rejectUnauthorised`.*`ssl.rejectUnauthorized`/);
    refused('postgres://h/d?sslmod=require', /did you mean `sslmode`/);
  });

  test('throws on invalid values without quoting them', () => {
    refused({ port: 's3cret' }, /`port`.*whole number/);
    refused({ password: () => 's3cret' }, /`password`.*string/);
    refused({ connectionString: 7 }, /`connectionString`.*string/);
    refused({ connectionString: url, password: 's3cret' }, /`connectionString` and `password`/);
    refused({ ssl: 's3cret' }, /`ssl`.*boolean/);
    refused({ ssl: { ca: 's3cret' } }, /`ssl.ca`.*PEM/);
    refused('mysql://u:s3cret@h/d', /postgres:\/\/user:password@host/);
  });

  test('requires TLS if it is told to, and fails if the server has none', async () => {
    for (const ssl of [true, { rejectUnauthorized: false }]) {
      const store = new PgStore({ ...parts(url), ssl });
      await assert.rejects(store.setup(), (error) => /tls|ssl/i.test(error.message));
    }
    await works({ ...parts(url), ssl: false });
  });

  test('reports why it fails', async () => {
    const store = new PgStore({ ...parts(url), database: 'not_there_yet' });
    await assert.rejects(store.setup(), { code: 'PG_SESSION_CONFIGURATION', sqlState: '3D000' });
    const unreachable = new PgStore({ ...parts(url), port: 1 });
    await assert.rejects(unreachable.setup(), { code: 'PG_SESSION_UNAVAILABLE', retryable: true });
    await assert.rejects(unreachable.get('a'), { code: 'PG_SESSION_UNAVAILABLE', retryable: true });
  });
});

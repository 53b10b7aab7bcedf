'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const vm = require('node:vm');

const pg = require('pg');
const PgStore = require('pg-session');
const { database, parts } = require('./support/database.js');
const { inEnvironment } = require('./support/environment.js');

describe('a connection', () => {
  const { url, client } = database();

  const works = async (connection, options) => {
    const store = new PgStore(connection, options);
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
  const pairs = (url) => {
    const { host, port, user, password, database } = parts(url);
    return `host=${host} port=${port} user=${user} password='${password}' dbname=${database}`;
  };
  const backend = async (name) => {
    const sql = 'SELECT * FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1';
    return (await client.query(sql, [name])).rows[0];
  };

  test('may be a URL', () => works(url));

  test('may be the object of a URL, of whichever realm or library', async () => {
    const { parse } = require('node:url');
    const { origin: _, ...copy } = Object.fromEntries(['href', 'protocol', 'host', 'port'].map((key) => [key, new URL(url)[key]]));
    for (const object of [new URL(url), parse(url), copy, vm.runInNewContext('new URL(url)', { URL, url })]) {
      await works(object);
      await works({ connectionString: object, application_name: 'with a URL' });
    }
    const elsewhere = new URL(url);
    elsewhere.pathname = 'not_there_yet';
    await assert.rejects(new PgStore(elsewhere).setup(), { sqlState: '3D000' });
  });

  test('may be of another realm', async () => {
    const foreign = (code) => vm.runInNewContext(code, { url, parts: parts(url), client });
    await works(foreign('({ ...parts })'));
    await works(foreign('(sql, params) => client.query(sql, params)'));
    await works(foreign('({ query: (sql, params) => client.query(sql, params) })'));
    const bytes = (text) => `Uint8Array.from([...String(${text})].map((character) => character.codePointAt(0)))`;
    await works(foreign(`async (sql, params) => {
      const { rows } = await client.query(sql, params);
      return rows.map((row) => Object.values(row).map((value) => (value === null ? null : ${bytes('value')})));
    }`));
    for (const [code, message] of [
      ['[url]', /not be of the type Array/], ['Promise.resolve(url)', /not be a Promise/], ['null', /not be null/],
      ['new Map()', /of the type Map/], ['(class Pool { query() {} })', /not be a class/], ['new Date()', /of the type Date/],
    ]) refused(foreign(code), message);
    refused(foreign('({ pasword: 1 })'), /`pasword`.*`password`/);
  });

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

  test('uses the fallback of the name only if nothing sets a name', async () => {
    const fallback_application_name = 'fallback';
    const byVariable = inEnvironment({ PGAPPNAME: 'variable' }, () => new PgStore({ ...parts(url), fallback_application_name }));
    for (const [store, name] of [
      [new PgStore({ connectionString: `${url}?application_name=mine`, fallback_application_name }), 'mine'],
      [new PgStore({ connectionString: `${pairs(url)} application_name = mine`, fallback_application_name }), 'mine'],
      [new PgStore({ fallback_application_name, application_name: 'mine', connectionString: url }), 'mine'],
      [new PgStore({ connectionString: url, fallback_application_name }), 'fallback'],
      [new PgStore({ ...parts(url), fallback_application_name }), 'fallback'],
      [byVariable, 'variable'],
    ]) {
      await store.setup();
      assert(await backend(name), name);
      await store.close();
      while (await backend(name));
    }
  });

  test('passes the settings to the server', async () => {
    // The store's own `lock_timeout` would end the statement sooner.
    const store = new PgStore({ ...parts(url), statement_timeout: 50, lock_timeout: 0 });
    await store.setup();
    await client.query('BEGIN; LOCK TABLE session');
    await assert.rejects(store.get('a'), { sqlState: '57014', retryable: true, code: 'PG_SESSION_DATABASE' });
    await client.query('COMMIT');
  });

  test('throws at once if it is none, and says what to do', () => {
    class Settings {
      #password = 's3cret';
      get password() { return this.#password; }
    }
    for (const [none, message] of [
      [null, /not be null: .*DATABASE_URL/], [7, /not be a number/], [true, /not be a boolean/], [7n, /not be a bigint/],
      [Symbol('s3cret'), /not be a symbol/], [[url], /of the type Array/], [Buffer.from('s3cret'), /of the type Uint8Array/],
      [Promise.resolve(url), /not be a Promise; await it first/], [new Date(), /of the type Date/], [/s3cret/, /of the type RegExp/],
      [new String('s3cret'), /of the type String/], [pg, /not be the module pg itself; create a pool/],
      [require('express-session'), /not be a module; create a client/], [require('knex'), /not be a module/],
      [require('postgres'), /not be a module/], [require('pg-promise')(), /not be a module/],
      [pg.Pool, /not be a class; create an instance/], [pg.Client, /not be a class/], [Settings, /not be a class/],
      [new Settings(), /an object of a class without settings/], [new URLSearchParams('a=s3cret'), /of the type URLSearchParams/],
      [{ $queryRawUnsafe() {} }, /a client of Prisma/],
    ]) refused(none, message);
  });

  test('throws if it is a module', async () => {
    const path = await import('node:path');
    refused(path, /not be a module; pass one of its exports/);
    refused(await import('pg'), /not be the module pg itself/);
  });

  test('throws on unknown keys, and suggests what is near', () => {
    refused({ usr: 's3cret' }, /`usr`; did you mean `user`/);
    refused({ pasword: 's3cret' }, /`pasword`; did you mean `password`/);
    refused({ username: 's3cret' }, /`username`; use `user`/);
    refused({ conectionString: 's3cret' }, /`conectionString`; did you mean `connectionString`/);
    for (const key of ['stream', 'Client', 'onConnect', 'verify', 'log']) refused({ [key]: () => 's3cret' }, /pass a pool that has it/);
    refused({ replication: 's3cret' }, /pass a pool that has it/);
    for (const key of ['frobnicate', 'x', 'toString', 'project']) {
      refused({ [key]: 's3cret' }, new RegExp(`unknown connection key \`${key}\`; expected \`host\`, `));
    }
    refused({ ssl: { rejectUnauthorised: false } }, /`ssl.rejectUnauthorised`.*`ssl.rejectUnauthorized`/);
    refused('postgres://h/d?sslmod=require', /did you mean `sslmode`/);
  });

  test('throws on invalid values without quoting them', () => {
    refused({ port: 's3cret' }, /`port`.*whole number/);
    refused({ host: 's3cret\ud800' }, /`host` contains a lone surrogate/);
    refused({ host: ['s3cret'] }, /`host`.*string/);
    refused({ statement_timeout: 's3cret' }, /`statement_timeout`.*milliseconds/);
    refused({ connectionString: 7 }, /`connectionString`.*string/);
    refused({ connectionString: url, password: 's3cret' }, /`connectionString` and `password`/);
    refused({ ssl: 's3cret' }, /`ssl`.*boolean, or one of disable, .*no-verify/);
    refused({ ssl: ['s3cret'] }, /`ssl`.*boolean/);
    for (const value of ['s3cret', 's3cret\0', 's3cret'.repeat(9999), '/etc/passwd/s3cret', '/', Buffer.from('s3cret'), ['s3cret'], 7, [7], { s3cret: 1 }, new Uint8Array(3).buffer]) {
      for (const key of ['ca', 'cert', 'key']) refused({ ssl: { [key]: value } }, new RegExp(`\`ssl.${key}\`.*PEM`));
    }
    refused('mysql://u:s3cret@h/d', /postgres:\/\/user:password@host/);
  });

  test('requires TLS if it is told to, and fails if the server has none', async () => {
    for (const ssl of [
      true, 'true', '1', 'require', 'no-verify', { rejectUnauthorized: false }, { require: true, rejectUnauthorized: false },
      { sslmode: 'require' }, { require: false }, {},
    ]) {
      const store = new PgStore({ ...parts(url), ssl });
      await assert.rejects(store.setup(), (error) => /tls|ssl/i.test(error.message));
      const added = new PgStore({ connectionString: url, ssl });
      await assert.rejects(added.setup(), (error) => /tls|ssl/i.test(error.message));
    }
    for (const ssl of [false, 'false', '0', 'disable', 'prefer', 'allow', { sslmode: 'disable' }, undefined, null, '']) {
      await works({ ...parts(url), ssl });
      await works({ connectionString: url, ssl });
    }
    await works(`${url}?sslmode=disable`);
    await works({ ...parts(url), sslmode: 'disable' });
  });

  test('throws on options of TLS that contradict each other or that it cannot follow', () => {
    refused({ ssl: { sslmode: 'verify-full', rejectUnauthorized: false } }, /`ssl.sslmode` verifies .*; use only one/);
    refused({ ssl: { sslmode: 's3cret' } }, /`ssl.sslmode` must be one of .*verify-full/);
    refused({ ssl: { rejectUnauthorized: 'false' } }, /`ssl.rejectUnauthorized` must be a boolean/);
    refused({ ssl: { require: 's3cret' } }, /`ssl.require` must be a boolean/);
    refused({ ssl: { checkServerIdentity: () => undefined } }, /`ssl.checkServerIdentity` is not supported; use .*verify-ca/);
    refused({ ssl: { passphrase: 's3cret' } }, /`ssl.passphrase` is not supported; .*openssl/);
    refused({ ssl: { pfx: Buffer.from('s3cret') } }, /`ssl.pfx` is not supported/);
    refused({ ssl: { minVersion: 's3cret' } }, /`ssl.minVersion` must be one of TLSv1, .*TLSv1.3/);
    refused({ ssl: { maxVersion: 'TLSv1.1' } }, /`ssl.maxVersion` must be TLSv1.2 or TLSv1.3/);
    refused({ host: 'a', ssl: { servername: 'b' } }, /`ssl.servername` must be equal to `host`.*`hostaddr`/);
    refused({ ssl: { ciphers: 's3cret' } }, /unknown connection key `ssl.ciphers`; expected `ssl.rejectUnauthorized`/);
  });

  test('takes values that need escapes', async () => {
    const names = [' ', "'", '\\', '\n', '"', "a'b\\'c\\\\", 'tab\t', '&=#?%20', '$1', 'ü', '💡', "' host='nowhere.invalid"];
    for (const name of names) {
      for (const connection of [parts(url), { connectionString: url }]) {
        const quoted = { ...connection, options: `-c pgs.name=${name.replace(/[\\\s]/g, '\\$&')}`, ssl: false };
        const store = await works({ ...quoted, application_name: 'escaped' });
        await store.close();
      }
    }
    const role = "it's \\ a\nrole";
    await client.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'p\nw'; GRANT CREATE ON SCHEMA public TO "${role}"`);
    const store = await works({ ...parts(url), user: role, password: 'p\nw', application_name: 'of the role' }, { table: 'theirs' });
    assert.equal((await backend('of the role')).usename, role);
    await store.close();
    await client.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
  });

  test('keeps the options of a connection string when it adds settings', async () => {
    for (const connectionString of [`${url}?options=-c%20pgs.mine%3D1`, `${pairs(url)} options='-c pgs.mine=1'`]) {
      const application_name = connectionString.slice(0, 8);
      const more = { application_name, statement_timeout: '3s', lock_timeout: 2000, query_timeout: false, idle_in_transaction_session_timeout: false };
      const store = await works({ connectionString, ...more, options: '-c pgs.yours=2' });
      await client.query('CREATE TABLE seen (settings text)');
      await client.query(`CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.seen SELECT concat_ws(' ', current_setting('pgs.mine', true), current_setting('pgs.yours', true),
          current_setting('statement_timeout'), current_setting('lock_timeout'));
        RETURN NEW; END $$`);
      await client.query('CREATE TRIGGER look BEFORE INSERT ON session FOR EACH ROW EXECUTE FUNCTION look()');
      await store.set(application_name, {});
      assert.equal((await client.query('SELECT settings FROM seen')).rows[0].settings, '1 2 3s 2s');
      await client.query('DROP TRIGGER look ON session; DROP FUNCTION look; DROP TABLE seen');
      await store.close();
    }
  });

  test('warns once of keys that configure a pool of node-postgres', async () => {
    const warnings = [];
    const listen = (warning) => warnings.push(warning);
    process.on('warning', listen);
    for (let n = 0; n < 3; n++) new PgStore({ ...parts(url), max: 20, idleTimeoutMillis: 1, types: {}, allowExitOnIdle: true });
    new PgStore({ ...parts(url), types: {}, binary: false, max: undefined });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    assert.deepEqual(warnings.map(({ name, code }) => [name, code]), [['PgSessionWarning', 'PG_SESSION_CONNECTION']]);
    assert.match(warnings[0].message, /`max`, `idleTimeoutMillis`\..*`connections`/);
  });

  test('reports why it fails', async () => {
    const store = new PgStore({ ...parts(url), database: 'not_there_yet' });
    await assert.rejects(store.setup(), { code: 'PG_SESSION_CONFIGURATION', sqlState: '3D000' });
    const unreachable = new PgStore({ ...parts(url), port: 1 });
    await assert.rejects(unreachable.setup(), { code: 'PG_SESSION_UNAVAILABLE', retryable: true });
    await assert.rejects(unreachable.get('a'), { code: 'PG_SESSION_UNAVAILABLE', retryable: true });
  });
});

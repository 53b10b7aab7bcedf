'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const PgStore = require('pg-session');
const { connectionString } = require('../lib/connection-object.js');

const PEM = '-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----';

/** A value for each key that a string does not fit. */
const VALUES = {
  connectionString: 'postgres://s3cret', port: 5433, password: 's3cret', ssl: true, client_encoding: 'UTF8', keepAlive: false,
  connectionTimeoutMillis: 1500, keepAliveInitialDelayMillis: 1500, enableChannelBinding: false, statement_timeout: 1, lock_timeout: '2s',
  idle_in_transaction_session_timeout: 3, sslmode: 'require', sslnegotiation: 'postgres', sslrootcert: PEM, sslcert: PEM, sslkey: PEM,
  sslcrl: PEM, sslsni: 1, ssl_min_protocol_version: 'TLSv1.2', ssl_max_protocol_version: 'TLSv1.3', channel_binding: 'prefer',
  require_auth: 'scram-sha-256', target_session_attrs: 'any', load_balance_hosts: 'random', connect_timeout: 3, keepalives: 1,
  keepalives_idle: 4, keepalives_interval: 5, keepalives_count: '6', tcp_user_timeout: 7, gssencmode: 'disable', hostaddr: '127.0.0.1',
  options: '-c work_mem=1MB', max: 7, min: 1, poolSize: 9, query_timeout: 10,
  'ssl.rejectUnauthorized': false, 'ssl.sslmode': 'verify-ca', 'ssl.require': true, 'ssl.ca': PEM, 'ssl.cert': PEM, 'ssl.key': PEM,
  'ssl.servername': 'name', 'ssl.minVersion': 'TLSv1.3', 'ssl.maxVersion': 'TLSv1.2',
};

/** Keys without which another one has no meaning. */
const BESIDE = { 'ssl.servername': { host: '127.0.0.1' }, hostaddr: { host: 'a' } };
const WHERE = ['connectionString', 'host', 'hostaddr', 'port', 'user', 'password', 'database', 'dbname', 'service'];

const page = fs.readFileSync(path.join(__dirname, '../../../docs/connection-objects.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([\w.]+)` \| ([\w ]+) \|/gm)].map(([, key, fate]) => ({ key, fate }));

/** Returns the object with and without a key. */
function pair(key) {
  const base = BESIDE[key] ?? (WHERE.includes(key) ? { application_name: 'a' } : { host: 'a' });
  const value = VALUES[key] ?? 's3cret';
  if (!key.startsWith('ssl.')) return [base, { ...base, [key]: value }];
  return [{ ...base, ssl: {} }, { ...base, ssl: { [key.slice(4)]: value } }];
}

/** Returns the connection strings, with an environment that has one. */
async function written(...objects) {
  const warnings = [];
  const listen = ({ message }) => warnings.push(message);
  process.on('warning', listen);
  const before = process.env.DATABASE_URL;
  process.env.DATABASE_URL = 'host=b';
  try {
    return { texts: objects.map((object) => connectionString(object)), warnings };
  } finally {
    if (before === undefined) delete process.env.DATABASE_URL;
    else process.env.DATABASE_URL = before;
    await new Promise(setImmediate);
    process.off('warning', listen);
  }
}

for (const { key, fate } of rows) {
  test(`\`${key}\`: ${fate}`, async () => {
    const [without, having] = pair(key);
    if (fate === 'error') {
      return assert.throws(() => new PgStore(having), (error) => {
        assert.deepEqual([error.code, /s3cret/.test(error.message)], ['PG_SESSION_CONFIGURATION', false]);
        return error.message.includes(`\`${key}\``);
      });
    }
    const { texts: [bare, text], warnings } = await written(without, having);
    assert.equal(text !== bare, fate === 'used', `${bare} became ${text}`);
    assert.equal(warnings.some((warning) => warning.includes(`\`${key}\``)), fate === 'warning');
    if (fate !== 'used') assert.deepEqual(new PgStore(having).options, PgStore.defaultOpts);
  });
}

test('the table has every key of node-postgres', () => {
  const source = (name) => fs.readFileSync(require.resolve(name), 'utf8');
  const found = (name, pattern) => [...source(name).matchAll(pattern)].map(([, key]) => key);
  const keys = [
    ...found('pg/lib/client', /\bc\.(\w+)/g), ...found('pg-pool', /\boptions\.(\w+)/g),
    ...found('pg/lib/connection-parameters', /val\('(\w+)'/g),
    ...found('pg/lib/connection-parameters', /\bconfig\.(\w+)/g),
  ];
  assert(keys.length > 30);
  assert.deepEqual(keys.filter((key) => !rows.some((row) => row.key === key)), []);
});

test('the types have every key of the table, and no other', () => {
  const types = fs.readFileSync(path.join(__dirname, '../index.d.ts'), 'utf8');
  const keysOf = (name) => [...new RegExp(`interface ${name} {(.*?)\n {2}}`, 's').exec(types)[1].matchAll(/^ +(\w+)\?:/gm)].map(([, key]) => key);
  const accepted = rows.filter(({ fate }) => fate !== 'error').map(({ key }) => key);
  const expected = [...keysOf('ConnectionObject'), ...keysOf('TlsOptions').map((key) => `ssl.${key}`)];
  assert.deepEqual(accepted.sort(), expected.sort());
});

test('certificates and modes are not replaced by defaults', () => {
  const written = (object) => connectionString({ connectionString: 'postgres://h', ...object }).replace(/^postgres:\/\/h\??/, '');
  assert.equal(written({ ssl: true }), 'sslmode=verify-full&sslrootcert=system');
  assert.equal(written({ ssl: { ca: undefined } }), 'sslmode=verify-full&sslrootcert=system');
  assert.equal(written({ ssl: true, sslrootcert: '/ca' }), 'sslrootcert=%2Fca&sslmode=verify-full');
  assert.equal(written({ ssl: true, connectionString: 'postgres://h?sslrootcert=/ca' }), 'sslrootcert=/ca&sslmode=verify-full');
  assert.equal(written({ ssl: 'true', connectionString: 'host=h sslrootcert = /ca' }), "host=h sslrootcert = /ca sslmode='verify-full'");
  for (const ssl of ['no-verify', { rejectUnauthorized: false, ca: PEM }, { sslmode: 'require', rejectUnauthorized: false }]) {
    assert.equal(written({ ssl }), 'sslmode=no-verify');
  }
  assert.equal(written({ ssl: { sslmode: 'require', rejectUnauthorized: true } }), 'sslmode=require');
});

test('a question mark in a password begins no query', () => {
  const written = (base) => connectionString({ connectionString: base, sslmode: 'require' });
  for (const base of ['postgres://u:p?w@h/d', 'postgres://u:p/w?x=1@h/d', 'postgres://h/d', 'postgres://u:p@[::1]:5,h:6/d']) {
    assert.equal(written(base), `${base}?sslmode=require`);
  }
  for (const base of ['postgres://u:p?w@h/d?user=a%40b', 'postgres://h:5432/d?user=a@b', 'postgres://u:p@h?user=u']) {
    assert.equal(written(base), `${base}&sslmode=require`);
  }
});

test('a parameter of libpq is accepted in an object as in a connection string', () => {
  const accepts = (connection) => {
    try {
      return Boolean(new PgStore(connection));
    } catch ({ message }) {
      return message;
    }
  };
  const parameters = rows.map(({ key }) => key).filter((key) => /^[a-z_]+$/.test(key) && !['connectionString', 'ssl', 'database', 'host'].includes(key));
  for (const key of parameters) {
    const [, having] = pair(key);
    if (accepts(having) === true || rows.find((row) => row.key === key).fate !== 'used') continue;
    const value = String(VALUES[key] ?? 's3cret').replace(/['\\]/g, '\\$&');
    assert.equal(accepts(having), accepts(`host=a ${key}='${value}'`), key);
  }
});

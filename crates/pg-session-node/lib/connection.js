'use strict';

const { queryOf } = require('./clients.js');
const { configuration } = require('./errors.js');
const { answering } = require('./function.js');
const nearest = require('./nearest.js');
const { tls } = require('./tls.js');

/** Converts the application's connection into what the addon accepts: a connection string, or a function that returns rows. */
function reach(connection) {
  if (typeof connection === 'string') return connection;
  if (connection instanceof URL) return connection.href;
  if (typeof connection === 'function') return answering(queryOf(connection) ?? connection);
  if (typeof connection === 'object' && connection !== null) {
    const query = queryOf(connection);
    return query ? answering(query) : connectionString(connection);
  }
  throw configuration(
    'the connection is missing: pass a URL such as postgres://user:password@localhost/app, an object such as ' +
      '{ host, user, password, database }, a pool or client, or a function (sql, params) => Promise of rows',
  );
}

const text = (name) => ({ name, expected: 'a string', read: (value) => typeof value === 'string' && value });
const number = (name, unit = 1) => ({
  name,
  expected: 'a whole number of zero or more',
  read: (value) => /^\d+$/.test(value) && String(Math.ceil(value / unit)),
});
const boolean = (name) => ({ name, expected: 'a boolean', read: (value) => typeof value === 'boolean' && (value ? '1' : '0') });
const setting = (name) => ({ ...number('options'), prefix: `-c ${name}=` });

/** The keys of a connection object of node-postgres: the name in libpq, and how the value is written there. */
const ENDPOINT = {
  host: text('host'),
  port: number('port'),
  user: text('user'),
  password: text('password'),
  database: text('dbname'),
};
const SETTINGS = {
  application_name: text('application_name'),
  fallback_application_name: text('application_name'),
  client_encoding: text('client_encoding'),
  options: text('options'),
  connectionTimeoutMillis: number('connect_timeout', 1000),
  keepAlive: boolean('keepalives'),
  keepAliveInitialDelayMillis: number('keepalives_idle', 1000),
  statement_timeout: setting('statement_timeout'),
  lock_timeout: setting('lock_timeout'),
  idle_in_transaction_session_timeout: setting('idle_in_transaction_session_timeout'),
};

/** Keys of node-postgres that configure its pool or its results. They are accepted and have no effect here. */
const IGNORED = [
  ...['max', 'min', 'poolSize', 'idleTimeoutMillis', 'allowExitOnIdle', 'maxUses', 'maxLifetimeSeconds'],
  ...['binary', 'types', 'parseInputDatesAsUTC', 'query_timeout', 'Promise'],
];

/** Keys that are handled separately. */
const SEPARATE = ['connectionString', 'ssl'];

/** Converts a connection object of node-postgres into a connection string. No error quotes a value: it may be a password. */
function connectionString(object) {
  const known = { ...ENDPOINT, ...SETTINGS };
  const entries = Object.entries(object).filter(([, value]) => value !== undefined && value !== null);
  const values = new Map();
  for (const [key, value] of entries) {
    if (SEPARATE.includes(key) || IGNORED.includes(key)) continue;
    if (!Object.hasOwn(known, key)) throw unknown(key, [...Object.keys(known), ...SEPARATE]);
    const { name, expected, read, prefix } = known[key];
    const written = read(value);
    if (written === false) throw configuration(`invalid connection: \`${key}\` must be ${expected}`);
    if (name === 'options') values.set(name, [values.get(name), (prefix ?? '') + written].filter(Boolean).join(' '));
    else if (key !== 'fallback_application_name' || !values.has(name)) values.set(name, written);
  }
  for (const [name, value] of tls(object.ssl)) values.set(name, value);

  const base = object.connectionString;
  if (base === undefined || base === null) {
    // libpq would try a socket first; node-postgres does not.
    if (!values.has('host')) values.set('host', 'localhost');
    return pairs(values);
  }
  if (typeof base !== 'string') throw configuration('invalid connection: `connectionString` must be a string');
  const twice = entries.find(([key]) => Object.hasOwn(ENDPOINT, key));
  if (twice) throw configuration(`invalid connection: it has \`connectionString\` and \`${twice[0]}\`; use only one of them`);
  return extended(base, values);
}

/** Appends the values to a connection string. The last value of a name counts. */
function extended(base, values) {
  if (values.size === 0) return base;
  if (!/^postgres(ql)?:\/\//.test(base)) return `${base} ${pairs(values)}`;
  const query = [...values].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return base + (base.includes('?') ? '&' : '?') + query;
}

function pairs(values) {
  return [...values].map(([name, value]) => `${name}='${value.replace(/['\\]/g, '\\$&')}'`).join(' ');
}

function unknown(key, names) {
  return configuration(`unknown connection key \`${key}\`; did you mean \`${nearest(key, names)}\`?`);
}

module.exports = { reach };

'use strict';

const { queryOf } = require('./clients.js');
const { configuration } = require('./errors.js');
const { answering } = require('./function.js');
const nearest = require('./nearest.js');
const { tls } = require('./tls.js');

/** How the engine reaches PostgreSQL: a connection string, or a function that answers rows of text. */
function reach(connection) {
  if (typeof connection === 'string') return connection;
  if (connection instanceof URL) return connection.href;
  if (typeof connection === 'function') return answering(queryOf(connection) ?? connection);
  if (typeof connection === 'object' && connection !== null) {
    const query = queryOf(connection);
    return query ? answering(query) : connectionString(connection);
  }
  throw configuration(
    'the connection is missing: give a URL such as postgres://user:password@localhost/app, an object such as ' +
      '{ host, user, password, database }, a pool or client that you have, or a function (sql, params) => Promise of rows',
  );
}

const text = (name) => ({ name, takes: 'a string', read: (value) => typeof value === 'string' && value });
const number = (name, unit = 1) => ({
  name,
  takes: 'a whole number of zero or more',
  read: (value) => /^\d+$/.test(value) && String(Math.ceil(value / unit)),
});
const yesOrNo = (name) => ({ name, takes: 'a boolean', read: (value) => typeof value === 'boolean' && (value ? '1' : '0') });
const setting = (name) => ({ ...number('options'), prefix: `-c ${name}=` });

/** What node-postgres takes in an object: what libpq calls it, and how it is written there. */
const PLACE = {
  host: text('host'),
  port: number('port'),
  user: text('user'),
  password: text('password'),
  database: text('dbname'),
};
const MANNER = {
  application_name: text('application_name'),
  fallback_application_name: text('application_name'),
  client_encoding: text('client_encoding'),
  options: text('options'),
  connectionTimeoutMillis: number('connect_timeout', 1000),
  keepAlive: yesOrNo('keepalives'),
  keepAliveInitialDelayMillis: number('keepalives_idle', 1000),
  statement_timeout: setting('statement_timeout'),
  lock_timeout: setting('lock_timeout'),
  idle_in_transaction_session_timeout: setting('idle_in_transaction_session_timeout'),
};

/** What tells of node-postgres' pool, or of the results that it makes: nothing here depends on it. */
const WITHOUT_EFFECT = [
  ...['max', 'min', 'poolSize', 'idleTimeoutMillis', 'allowExitOnIdle', 'maxUses', 'maxLifetimeSeconds'],
  ...['binary', 'types', 'parseInputDatesAsUTC', 'query_timeout', 'Promise'],
];

const ELSEWHERE = ['connectionString', 'ssl'];

/** The connection string for an object as node-postgres takes it. No error quotes a value: it may be the password. */
function connectionString(object) {
  const known = { ...PLACE, ...MANNER };
  const entries = Object.entries(object).filter(([, value]) => value !== undefined && value !== null);
  const values = new Map();
  for (const [key, value] of entries) {
    if (ELSEWHERE.includes(key) || WITHOUT_EFFECT.includes(key)) continue;
    if (!Object.hasOwn(known, key)) throw unknown(key, [...Object.keys(known), ...ELSEWHERE]);
    const { name, takes, read, prefix } = known[key];
    const written = read(value);
    if (written === false) throw configuration(`the connection's \`${key}\` does not fit: it takes ${takes}`);
    if (name === 'options') values.set(name, [values.get(name), (prefix ?? '') + written].filter(Boolean).join(' '));
    else if (key !== 'fallback_application_name' || !values.has(name)) values.set(name, written);
  }
  for (const [name, value] of tls(object.ssl)) values.set(name, value);

  const base = object.connectionString;
  if (base === undefined || base === null) {
    // libpq would look for a socket first; node-postgres does not.
    if (!values.has('host')) values.set('host', 'localhost');
    return pairs(values);
  }
  if (typeof base !== 'string') throw configuration("the connection's `connectionString` does not fit: it takes a string");
  const twice = entries.find(([key]) => Object.hasOwn(PLACE, key));
  if (twice) throw configuration(`the connection has \`connectionString\` and \`${twice[0]}\`: say it in one of them`);
  return extended(base, values);
}

/** The string with these values besides; the last of several counts. */
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
  return configuration(`the connection's \`${key}\` is not known; the nearest that is: \`${nearest(key, names)}\``);
}

module.exports = { reach };

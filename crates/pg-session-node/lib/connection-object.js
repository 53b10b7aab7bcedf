'use strict';

const { isMissing } = require('./arguments.js');
const { clean, extended, hrefOf, isSet, optionsOf, pairs } = require('./connection-text.js');
const { databaseUrl, parameters } = require('./environment.js');
const { configuration } = require('./errors.js');
const { isWellFormed } = require('./input.js');
const suggest = require('./nearest.js');
const { defaults } = require('./options.js');
const { adviceFor, withAdvice } = require('./peers.js');
const { SYSTEM, tls } = require('./tls.js');
const { warn } = require('./warnings.js');

const text = (name) => ({ name, expected: 'a string', read: (value) => typeof value === 'string' && value });
const number = (name, unit = 1) => ({
  name,
  expected: 'a whole number of zero or more',
  read: (value) => /^\d+$/.test(value) && String(Math.ceil(value / unit)),
});
const boolean = (name, [no, yes] = ['0', '1']) => ({
  name,
  expected: 'a boolean',
  read: (value) => typeof value === 'boolean' && (value ? yes : no),
});
const setting = (name) => ({
  name: 'options',
  expected: 'a number of milliseconds',
  read: (value) => /^\d+(ms|s|min|h|d)?$/.test(value) && `-c ${name}=${value}`,
});
/** A parameter of libpq under its own name. The engine checks its value. */
const parameter = (name) => ({
  name,
  expected: 'a string',
  read: (value) => ['string', 'number', 'boolean'].includes(typeof value) && String(value),
});

/** The name of the application if nothing else sets one. */
const FALLBACK = 'fallback_application_name';

/** The keys that say where the database is: the parameter of libpq, and how the value is written there. */
const ENDPOINT = {
  host: text('host'),
  port: number('port'),
  user: text('user'),
  password: { ...text('password'), expected: 'a string, or a function that returns one' },
  database: text('dbname'),
  hostaddr: text('hostaddr'),
  dbname: text('dbname'),
  service: text('service'),
};
const SETTINGS = {
  application_name: text('application_name'),
  fallback_application_name: text(FALLBACK),
  client_encoding: text('client_encoding'),
  options: text('options'),
  connectionTimeoutMillis: number('connect_timeout', 1000),
  keepAlive: boolean('keepalives'),
  keepAliveInitialDelayMillis: number('keepalives_idle', 1000),
  enableChannelBinding: boolean('channel_binding', ['disable', 'prefer']),
  statement_timeout: setting('statement_timeout'),
  lock_timeout: setting('lock_timeout'),
  idle_in_transaction_session_timeout: setting('idle_in_transaction_session_timeout'),
};
const PARAMETERS = [
  ...['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslcrl', 'sslnegotiation', 'sslsni', 'channel_binding'],
  ...['ssl_min_protocol_version', 'ssl_max_protocol_version', 'require_auth', 'passfile', 'target_session_attrs'],
  ...['load_balance_hosts', 'connect_timeout', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
  ...['tcp_user_timeout', 'gssencmode'],
];
const KNOWN = { ...ENDPOINT, ...SETTINGS, ...Object.fromEntries(PARAMETERS.map((name) => [name, parameter(name)])) };

/** Keys of node-postgres that have no effect, and those of them that configure its pool, of which a warning tells. */
const WITHOUT_EFFECT = [
  ...['binary', 'types', 'parseInputDatesAsUTC', 'Promise', 'allowExitOnIdle', 'scramMaxIterations', 'pipeline'],
];
const OF_POOLS = ['max', 'poolSize', 'min', 'idleTimeoutMillis', 'maxUses', 'maxLifetimeSeconds', 'query_timeout'];

/** Keys of node-postgres that only its own clients can follow. */
const ONLY_IN_POOLS = ['stream', 'Client', 'connection', 'onConnect', 'verify', 'log', 'replication'];

/** Keys that are understood if there is a client in them. */
const CLIENTS = ['pool', 'client', 'pgPromise', 'knex'];

/** Names in other clients. */
const OTHER_NAMES = {
  ...{ hostname: 'host', server: 'host', username: 'user', pass: 'password', pwd: 'password', db: 'database' },
  ...{ url: 'connectionString', uri: 'connectionString', conString: 'connectionString', dsn: 'connectionString' },
};

/** Keys that are handled separately. */
const SEPARATE = ['connectionString', 'ssl'];

/** Converts a connection object of node-postgres into a connection string. No error quotes a value: it may be a password. */
function connectionString(object) {
  const entries = Object.entries(object).filter(isGiven);
  const keys = entries.map(([key]) => key);
  warnOf(keys.filter((key) => OF_POOLS.includes(key)));
  const values = parametersOf(entries.filter(([key]) => ![...SEPARATE, ...WITHOUT_EFFECT, ...OF_POOLS].includes(key)));
  const encryption = tls(object.ssl, values);
  const endpoint = keys.find((key) => Object.hasOwn(ENDPOINT, key));
  if (endpoint && keys.includes('connectionString')) {
    throw configuration(`invalid connection: it has \`connectionString\` and \`${endpoint}\`; use only one of them`);
  }
  const base = endpoint ? undefined : (textOf(object.connectionString) ?? textOf(databaseUrl()));
  const hasRoots = values.has('sslrootcert') || isSet('sslrootcert', base);
  for (const pair of encryption) if (pair !== SYSTEM || !hasRoots) values.set(...pair);
  if (base === undefined) return pairs(named(completed(values)));
  const options = optionsOf(base);
  if (options && values.has('options')) values.set('options', `${options} ${values.get('options')}`);
  return extended(base, named(values, base));
}

/** Returns whether a key has a value. As in libpq, an empty text is none, and as in node-postgres, neither is `false` here. */
function isGiven([key, value]) {
  return value !== undefined && value !== null && value !== '' && !(value === false && /timeout/i.test(key));
}

/** Returns the parameters of libpq, by their names. */
function parametersOf(entries) {
  const values = new Map();
  for (const [key, value] of entries) {
    if (!Object.hasOwn(KNOWN, key)) throw unknown(key);
    const { name, expected, read } = KNOWN[key];
    const written = read(value);
    if (written === false) throw configuration(`invalid connection: \`${key}\` must be ${expected}`);
    if (!isWellFormed(written)) throw configuration(`invalid connection: \`${key}\` contains a lone surrogate`);
    const isAdded = name === 'options' && values.has(name);
    values.set(name, isAdded ? `${values.get(name)} ${written}` : written);
  }
  return values;
}

/**
 * Adds what the environment says. As in node-postgres, the host is then localhost, where libpq would try a socket first. An
 * empty value keeps the engine from reading a variable that belongs to another value.
 */
function completed(values) {
  const inherited = parameters();
  const overridden = [
    ...(values.has('host') || values.has('hostaddr') ? ['host', 'hostaddr', 'service'] : []),
    ...(values.has('sslmode') ? ['sslrootcert', 'sslcert', 'sslkey', 'sslcrl'] : []),
  ];
  for (const name of overridden) if (inherited.has(name)) inherited.set(name, '');
  const all = new Map([...inherited, ...values]);
  if (!['host', 'hostaddr', 'service'].some((name) => all.get(name))) all.set('host', 'localhost');
  return all;
}

/** Resolves the fallback of the application's name. */
function named(values, base) {
  const name = values.get(FALLBACK);
  values.delete(FALLBACK);
  const hasName = values.has('application_name') || isSet('application_name', base);
  if (name !== undefined && !hasName) values.set('application_name', name);
  return values;
}

function textOf(connectionString) {
  const text = hrefOf(connectionString) ?? connectionString;
  if (isMissing(text) || text === null) return undefined;
  if (typeof text !== 'string') throw configuration('invalid connection: `connectionString` must be a string or a URL');
  return clean(text);
}

function unknown(key) {
  if (ONLY_IN_POOLS.includes(key)) {
    return configuration(`\`${key}\` works in node-postgres only: pass a pool that has it as the connection, new Pool({ … })`);
  }
  if (CLIENTS.includes(key)) return configuration(`\`${key}\` must be a client or a pool, with a method \`query\``);
  if (Object.hasOwn(defaults, key) || (adviceFor(key) && !Object.hasOwn(OTHER_NAMES, key))) {
    return configuration(`not part of a connection: pass options as the second argument of PgStore: ${withAdvice(key)}`);
  }
  const other = Object.hasOwn(OTHER_NAMES, key) && `; use \`${OTHER_NAMES[key]}\``;
  const main = ['host', 'port', 'user', 'password', 'database', ...SEPARATE, 'and what libpq has'];
  return configuration(`unknown connection key \`${key}\`${other || suggest(key, [...Object.keys(KNOWN), ...SEPARATE], main)}`);
}

function warnOf(keys) {
  if (keys.length === 0) return;
  const names = keys.map((key) => `\`${key}\``).join(', ');
  warn(
    'PG_SESSION_CONNECTION',
    `these keys of the connection configure a pool of node-postgres, and have no effect on the store: ${names}. Its own ` +
      'options are `connections` and `timeout`',
  );
}

module.exports = { connectionString };

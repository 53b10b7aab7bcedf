'use strict';

const { configuration } = require('./errors.js');
const suggest = require('./nearest.js');
const { adviceFor, withAdvice } = require('./peers.js');

/** All options with their defaults. Times are in milliseconds. */
const defaults = Object.freeze({
  schema: 'public',
  table: 'session',
  create: true,
  waitForDatabase: 0,
  trustTableOwner: false,
  cleanupTime: 45 * 60 * 1000,
  idColumn: 'id',
  expiryColumn: 'expiry',
  dataColumn: 'session',
  ttl: 45 * 60 * 1000,
  maxSize: 1024 * 1024,
  /** The engine uses a twentieth of the time to live. */
  touchEvery: undefined,
  /** No limit. */
  maxAge: undefined,
  subject: undefined,
  timeout: 5000,
  connections: 2,
  maxWaiting: 10_000,
  maxWaitingBytes: 64 * 1024 * 1024,
  prepare: true,
});

/** The types of the options without a default. */
const types = { touchEvery: 'number', maxAge: 'number', subject: 'string' };

/** Fills in the defaults. Throws if an option is unknown or has the wrong type; the engine checks the ranges. */
function complete(options) {
  const given = entriesOf(options).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name);
  const unknown = names.filter((name) => !Object.hasOwn(defaults, name));
  if (unknown.length > 0) throw unknownOptions(unknown, names);
  for (const [name, value] of given) {
    const type = types[name] ?? typeof defaults[name];
    if (typeof value !== type || (type === 'number' && !(value >= 0 && value < Infinity))) {
      throw configuration(`the option \`${name}\` must be a ${type}${type === 'number' ? ' of zero or more' : ''}`);
    }
  }
  return { ...defaults, ...Object.fromEntries(given) };
}

function entriesOf(options) {
  if (options === undefined || options === null) return [];
  if (typeof options === 'object' && !Array.isArray(options)) return Object.entries(options);
  throw configuration('the second argument must be an object of options: new PgStore(connection, { table: … })');
}

/** Explains all options of other packages together, because whoever copies options copies several. */
function unknownOptions(unknown, given) {
  const stranger = unknown.find((name) => !adviceFor(name));
  if (stranger) return configuration(`unknown option \`${stranger}\`${suggest(stranger, Object.keys(defaults))}`);
  const note = given.includes('ttl') ? '; note that `ttl` is in milliseconds' : '';
  return configuration(`options of another package: ${unknown.map(withAdvice).join(', ')}${note}`);
}

module.exports = { defaults, complete };

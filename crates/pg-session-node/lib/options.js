'use strict';

const { configuration } = require('./errors.js');
const nearest = require('./nearest.js');

/** Every option with its default; times are in milliseconds. */
const defaults = Object.freeze({
  schema: 'public',
  table: 'session',
  create: true,
  cleanupTime: 45 * 60 * 1000,
  idColumn: 'id',
  expiryColumn: 'expiry',
  dataColumn: 'session',
  ttl: 45 * 60 * 1000,
  maxSize: 1024 * 1024,
  /** Left to the engine: a twentieth of the time to live. */
  touchEvery: undefined,
  /** Without limit. */
  maxAge: undefined,
  /** No path in the data. */
  subject: undefined,
  timeout: 5000,
  connections: 2,
  maxWaiting: 10_000,
  prepare: true,
});

/** The types of those that have no default. */
const types = { touchEvery: 'number', maxAge: 'number', subject: 'string' };

/** The options with the defaults filled in. Throws on one that is unknown, or not of its type. */
function complete(options) {
  const names = Object.keys(defaults);
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!names.includes(name)) {
      throw configuration(`the option \`${name}\` is not known; the nearest that is: \`${nearest(name, names)}\``);
    }
    const type = types[name] ?? typeof defaults[name];
    if (typeof value !== type || (type === 'number' && !(value >= 0 && value < Infinity))) {
      throw configuration(`the option \`${name}\` must be a ${type}${type === 'number' ? ' of zero or more' : ''}`);
    }
  }
  return { ...defaults, ...Object.fromEntries(given) };
}

module.exports = { defaults, complete };

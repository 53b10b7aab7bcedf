'use strict';

const { configuration } = require('./errors.js');
const nearest = require('./nearest.js');

/** All options with their defaults. Times are in milliseconds. */
const defaults = Object.freeze({
  schema: 'public',
  table: 'session',
  create: true,
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
  prepare: true,
});

/** The types of the options without a default. */
const types = { touchEvery: 'number', maxAge: 'number', subject: 'string' };

/** Fills in the defaults. Throws if an option is unknown or has the wrong type; the engine checks the ranges. */
function complete(options) {
  const names = Object.keys(defaults);
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!names.includes(name)) {
      throw configuration(`unknown option \`${name}\`; did you mean \`${nearest(name, names)}\`?`);
    }
    const type = types[name] ?? typeof defaults[name];
    if (typeof value !== type || (type === 'number' && !(value >= 0 && value < Infinity))) {
      throw configuration(`the option \`${name}\` must be a ${type}${type === 'number' ? ' of zero or more' : ''}`);
    }
  }
  return { ...defaults, ...Object.fromEntries(given) };
}

module.exports = { defaults, complete };

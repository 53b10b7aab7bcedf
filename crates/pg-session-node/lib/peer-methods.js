'use strict';

const { configuration } = require('./errors.js');

/** Methods of other session stores, and what to use instead. */
const METHODS = {
  ...Object.fromEntries(['pruneSessions', 'prune', 'reap', 'clearExpiredSessions', 'cleanup'].map((name) => [name, '`sweep()`'])),
  ...Object.fromEntries(['ids', 'list', 'getAll'].map((name) => [name, '`all`, which has the ids'])),
  startInterval: 'the option `cleanupTime`',
  stopInterval: 'the option `cleanupTime: 0`, or `close()`',
  clearInterval: 'the option `cleanupTime: 0`, or `close()`',
  setExpirationInterval: 'the option `cleanupTime`',
  clearExpirationInterval: 'the option `cleanupTime: 0`, or `close()`',
};

/** Gives a class methods that throw, and say what to use instead. */
function refuseMethods(Store) {
  for (const [name, instead] of Object.entries(METHODS)) {
    const value = function () {
      throw configuration(`the store has no method \`${name}\`; use ${instead}`);
    };
    Object.defineProperty(Store.prototype, name, { value, configurable: true, writable: true });
  }
  return Store;
}

/** Throws if a method that returns a promise is given a callback, which would never be called. */
function refuseCallback(...values) {
  if (values.some((value) => typeof value === 'function')) throw wrongStore();
}

/** The error for a middleware with callbacks: its requests would wait for ever. */
function wrongStore() {
  return configuration(
    "this store returns promises, for Koa. Use the one with callbacks: require('pg-session/express') for express-session, or " +
      "require('pg-session/fastify') for @fastify/session",
  );
}

/** Throws if a method with a callback is given none: Koa would go on without a session. */
function requireCallback(callback) {
  if (typeof callback === 'function') return;
  throw configuration("this store takes callbacks, for Express or Fastify. For Koa, use the one with promises: require('pg-session')");
}

module.exports = { refuseCallback, refuseMethods, requireCallback, wrongStore };

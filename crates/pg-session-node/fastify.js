'use strict';

const { EventEmitter } = require('node:events');
const { carry, isObject, leftOf } = require('./lib/bases.js');
const withCallbacks = require('./lib/callbacks.js');
const { PgSessionError } = require('./lib/errors.js');

/** Where a cookie says which session it was found in. */
const FOUND = Symbol('found');

/**
 * @fastify/session copies the data into a `Session` of its own. All else that this keeps of what the store handed out are
 * the options of the cookie, and it hands them on to the new one for a new id.
 */
class PgStore extends withCallbacks(EventEmitter) {
  /** What a `destroy` has destroyed, while its callback runs: `regenerate` sets the new session in there. */
  #taken;

  get(sid, callback) {
    super.get(sid, (error, found) => {
      if (isObject(found?.cookie)) tellOf(found);
      callback(error, found);
    });
  }

  set(sid, session, callback) {
    const base = carry(foundBy(session), session);
    if (this.#taken) base?.taken(...this.#taken);
    super.set(sid, session, callback);
  }

  destroy(sid, callback) {
    this.take(sid, (error, found) => {
      if (!error) this.#taken = [sid, leftOf(found)];
      try {
        callback?.(error);
      } finally {
        this.#taken = undefined;
      }
    });
  }
}

/** Has the options that a `Session` takes from the cookie tell of the session; the cookie looks as it did. */
function tellOf(found) {
  Object.defineProperty(found.cookie, 'toJSON', { value: () => ({ ...found.cookie, [FOUND]: found }) });
}

function foundBy(session) {
  const kept = Object.getOwnPropertySymbols(Object(session)).map((symbol) => session[symbol]);
  return kept.find((value) => value?.[FOUND])?.[FOUND];
}

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.PgSessionError = PgSessionError;
module.exports.default = PgStore;

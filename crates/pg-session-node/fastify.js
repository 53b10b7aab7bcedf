'use strict';

const { EventEmitter } = require('node:events');
const withCallbacks = require('./lib/callbacks.js');
const { PgSessionError } = require('./lib/errors.js');
const { link, linkedState, takenState } = require('./lib/loaded.js');
const isObject = require('./lib/is-object.js');
const { requireCallback } = require('./lib/peer-methods.js');

/** The store for @fastify/session. */
class PgStore extends withCallbacks(EventEmitter) {
  /** The id and state of the session that was just destroyed: `regenerate` saves the new session in the callback. */
  #destroyed;

  /**
   * @fastify/session copies the data, and keeps the cookie as options by a spread, which `regenerate` passes on to the new
   * session. So the cookie has a link that a spread copies. JSON, `Object.keys` and `structuredClone` ignore it.
   */
  get(sid, callback) {
    requireCallback(callback);
    super.get(sid, (error, found) => {
      if (isObject(found?.cookie)) link(found.cookie, linkedState(found), true);
      callback(error, found);
    });
  }

  set(sid, session, callback) {
    const loaded = linkedState(session) ?? linkFromCookieOptions(session);
    if (this.#destroyed) loaded?.markTaken(...this.#destroyed);
    super.set(sid, session, callback);
  }

  destroy(sid, callback) {
    this.take(sid, (error, taken) => {
      if (!error) this.#destroyed = [sid, takenState(taken)];
      try {
        callback?.(error);
      } finally {
        this.#destroyed = undefined;
      }
    });
  }
}

/**
 * Links the session to a copy of the loaded state in its cookie options, and returns the copy. A cache of the application may
 * give the same object to several sessions. The options are in a property that has no public name.
 */
function linkFromCookieOptions(session) {
  const options = Object.getOwnPropertySymbols(Object(session)).map((symbol) => session[symbol]).find(linkedState);
  const loaded = linkedState(options)?.copy();
  if (loaded) {
    link(session, loaded);
    link(options, loaded, true);
  }
  return loaded;
}

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.PgSessionError = PgSessionError;
module.exports.default = PgStore;

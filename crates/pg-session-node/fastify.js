'use strict';

const { EventEmitter } = require('node:events');
const withCallbacks = require('./lib/callbacks.js');
const { PgSessionError } = require('./lib/errors.js');
const { LoadedState, link, linkedState, takenState } = require('./lib/loaded.js');
const isObject = require('./lib/is-object.js');

/** The store for @fastify/session. */
class PgStore extends withCallbacks(EventEmitter) {
  /** The id and state of the session that was just destroyed: `regenerate` saves the new session in the callback. */
  #destroyed;

  get(sid, callback) {
    super.get(sid, (error, found) => {
      handOver(found, () => callback(error, found));
    });
  }

  set(sid, session, callback) {
    const loaded = linkedState(session) ?? stateInCookieOptions(session);
    if (loaded) link(session, loaded);
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
 * Runs the callback, in which @fastify/session copies the session. The copy keeps only the data and the options of the cookie,
 * and `regenerate` passes the options on to the new session. So the cookie has the loaded state during the callback.
 */
function handOver(found, callback) {
  if (!isObject(found?.cookie)) return callback();
  found.cookie.pgSessionState = linkedState(found);
  try {
    return callback();
  } finally {
    delete found.cookie.pgSessionState;
  }
}

/** Finds the loaded state among the cookie's options. @fastify/session keeps them in a property that has no public name. */
function stateInCookieOptions(session) {
  const kept = Object.getOwnPropertySymbols(Object(session)).map((symbol) => session[symbol]);
  return kept.map((value) => value?.pgSessionState).find((state) => state instanceof LoadedState);
}

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.PgSessionError = PgSessionError;
module.exports.default = PgStore;

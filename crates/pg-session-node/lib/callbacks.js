'use strict';

const { loadedState } = require('./loaded.js');
const { refuseMethods, requireCallback } = require('./peer-methods.js');
const PromiseStore = require('./store.js');
const { cookieTtl, fallbackTtl } = require('./times.js');

/**
 * Returns a store class whose methods take callbacks, as express-session and @fastify/session call them. `Parent` is the
 * class that the middleware expects. `ageFollowsDate` says whether the middleware's cookie updates its age with its date.
 */
function withCallbacks(Parent, { ageFollowsDate = false } = {}) {
  class PgStore extends Parent {
    static get defaultOpts() {
      return PromiseStore.defaultOpts;
    }

    #store;

    constructor(connection, options) {
      super();
      this.#store = new PromiseStore(connection, options);
      // `disconnect` is never emitted: express-session would then run requests without a session.
      for (const event of ['connect', 'created', 'gone']) this.#store.on(event, (...values) => this.emit(event, ...values));
    }

    get options() {
      return this.#store.options;
    }

    get ready() {
      return this.#store.ready;
    }

    setup() {
      return this.#store.setup();
    }

    sessionsOf(user) {
      return this.#store.sessionsOf(user);
    }

    destroySessionsOf(user, except) {
      return this.#store.destroySessionsOf(user, except);
    }

    static handle(sid) {
      return PromiseStore.handle(sid);
    }

    destroyHandle(user, handle) {
      return this.#store.destroyHandle(user, handle);
    }

    sweep() {
      return this.#store.sweep();
    }

    close() {
      return this.#store.close();
    }

    get(sid, callback) {
      requireCallback(callback);
      answer(this.#store.get(sid).then((session) => session || null), callback);
    }

    set(sid, session, callback = nothing) {
      requireCallback(callback);
      const loaded = loadedState(this.#store, session);
      answer(this.#store.set(sid, session, cookieTtl(session, loaded, ageFollowsDate)), callback);
    }

    touch(sid, session, callback = nothing) {
      requireCallback(callback);
      const loaded = loadedState(this.#store, session);
      const ttl = cookieTtl(session, loaded, ageFollowsDate) ?? (loaded && fallbackTtl(loaded, this.options.ttl));
      answer(this.#store.touch(sid, ttl), callback);
    }

    take(sid, callback) {
      answer(this.#store.take(sid).then((session) => session || null), callback);
    }

    destroy(sid, callback) {
      answer(this.#store.destroy(sid), callback);
    }

    all(callback) {
      // Not enumerable, so that the id is not stored with the data.
      const withId = (session, id) => Object.defineProperty(session, 'id', { value: id, configurable: true, writable: true });
      const withIds = (entries) => entries.map(([id, session]) => withId(Object(session), id));
      answer(this.#store.all().then(withIds), callback);
    }

    length(callback) {
      answer(this.#store.count(), callback);
    }

    clear(callback) {
      answer(this.#store.clear(), callback);
    }
  }
  return refuseMethods(PgStore);
}

/** Calls back in a later tick, so that an exception of the callback is uncaught, as in Node's own APIs. */
function answer(promise, callback = nothing) {
  promise.then(
    (value) => process.nextTick(callback, null, value),
    (error) => process.nextTick(callback, error),
  );
}

function nothing() {}

module.exports = withCallbacks;

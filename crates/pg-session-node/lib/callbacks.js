'use strict';

const { baseOf } = require('./bases.js');
const Sessions = require('./store.js');
const { statedTtl, unstatedTtl } = require('./times.js');

/**
 * A store over `Base` whose methods take callbacks, as those of express-session and @fastify/session do. `inStep` is
 * whether the middleware's cookie keeps its age in step with its date.
 */
function withCallbacks(Base, { inStep = false } = {}) {
  return class PgStore extends Base {
    static get defaultOpts() {
      return Sessions.defaultOpts;
    }

    #store;

    constructor(connection, options) {
      super();
      this.#store = new Sessions(connection, options);
      // Never `disconnect`: express-session then runs requests without a session.
      for (const event of ['connect', 'gone']) this.#store.on(event, () => this.emit(event));
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

    sweep() {
      return this.#store.sweep();
    }

    close() {
      return this.#store.close();
    }

    get(sid, callback) {
      answer(this.#store.get(sid).then((session) => session || null), callback);
    }

    set(sid, session, callback) {
      answer(this.#store.set(sid, session, statedTtl(session, baseOf(this.#store, session), inStep)), callback);
    }

    touch(sid, session, callback) {
      const base = baseOf(this.#store, session);
      const ttl = statedTtl(session, base, inStep) ?? (base && unstatedTtl(base, this.options.ttl));
      answer(this.#store.touch(sid, ttl), callback);
    }

    take(sid, callback) {
      answer(this.#store.take(sid).then((session) => session || null), callback);
    }

    destroy(sid, callback) {
      answer(this.#store.destroy(sid), callback);
    }

    all(callback) {
      // For whoever lists them; not to be stored with the data.
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
  };
}

/** Calls back out of the promise's reach: what the callback throws is its caller's, as with every callback of Node's. */
function answer(promise, callback = () => {}) {
  promise.then(
    (value) => process.nextTick(callback, null, value),
    (error) => process.nextTick(callback, error),
  );
}

module.exports = withCallbacks;

'use strict';

const { EventEmitter } = require('node:events');

const Calls = require('./calls.js');
const { Verb } = require('./native.js');
const { invalidInput } = require('./errors.js');
const { reach } = require('./connection.js');
const { defaults, complete } = require('./options.js');

/** Sessions in a PostgreSQL table. What each method promises stands in `index.d.ts`. */
class PgStore extends EventEmitter {
  static get defaultOpts() {
    return { ...defaults };
  }

  #calls;

  constructor(connection, options) {
    super();
    this.options = complete(options);
    this.ready = false;
    this.#calls = new Calls(reach(connection), this.options);
  }

  setup() {
    const done = this.#call(() => [Verb.Setup]).then(() => {
      if (this.ready) return;
      this.ready = true;
      this.emit('connect');
    });
    // Who does not wait for it is told by the next call, which tries again.
    done.catch(() => {});
    return yieldable(done);
  }

  get(sid) {
    return this.#call(() => [Verb.Get, id(sid)], session);
  }

  set(sid, session, ttl) {
    return this.#call(() => [Verb.Set, newId(sid), json(session), milliseconds(ttl)], nothing);
  }

  create(sid, session, ttl) {
    return this.#call(() => [Verb.Create, newId(sid), json(session), milliseconds(ttl)]);
  }

  touch(sid, ttl) {
    return this.#call(() => [Verb.Touch, id(sid), undefined, milliseconds(ttl)]);
  }

  destroy(sid) {
    return this.#call(() => [Verb.Destroy, id(sid)]);
  }

  all() {
    return this.#call(() => [Verb.All], JSON.parse);
  }

  count() {
    return this.#call(() => [Verb.Count]);
  }

  clear() {
    return this.#call(() => [Verb.Clear], nothing);
  }

  sweep() {
    return this.#call(() => [Verb.Sweep]);
  }

  close() {
    return this.#call(() => [Verb.Close], nothing);
  }

  /** Begins the call that `make` tells: verb, id, data, time to live. What it throws, the promise is rejected with. */
  #call(make, read) {
    let call;
    try {
      call = make();
    } catch (error) {
      return yieldable(Promise.reject(error));
    }
    const [verb, id, data, ttl] = call;
    return yieldable(this.#calls.begin(verb, id, data, ttl, read));
  }
}

/** A promise that a generator may also `yield*`, as those of Koa 1 do. */
function yieldable(promise) {
  promise[Symbol.iterator] = yieldItself;
  return promise;
}

function* yieldItself() {
  return yield this;
}

/** The session, or what koa-generic-session takes for none. */
function session(answer) {
  return answer !== null && JSON.parse(answer);
}

function nothing() {}

// Node 18 has no such method.
const isWellFormed = String.prototype.isWellFormed
  ? (text) => text.isWellFormed()
  : (text) => !/\p{Surrogate}/u.test(text);

/** The id of a session that is about to be stored. */
function newId(sid) {
  // koa-generic-session's deferred mode does this: prefix + undefined, one row for all visitors.
  if (typeof sid === 'string' && sid.endsWith('undefined')) {
    throw invalidInput('the session id is undefined: in deferred mode, `await ctx.session` before you assign to it');
  }
  return id(sid);
}

function id(sid) {
  if (typeof sid !== 'string') throw invalidInput('the session id must be a string');
  // As UTF-8, all lone surrogates are one: different ids would be the same.
  if (!isWellFormed(sid)) throw invalidInput('the session id has half of a surrogate pair: it is no text');
  return sid;
}

function json(session) {
  let text;
  try {
    text = JSON.stringify(session);
  } catch (error) {
    throw invalidInput('the session cannot be written as JSON; the cause says why', error);
  }
  if (text === undefined) throw invalidInput('the session is no data that JSON has; give an object');
  return text;
}

function milliseconds(ttl) {
  if (ttl === undefined || ttl === null || ttl === 'session') return undefined;
  if (typeof ttl !== 'number' || Number.isNaN(ttl)) {
    throw invalidInput('the time to live must be a number of milliseconds, or left out for 45 minutes');
  }
  return ttl;
}

module.exports = PgStore;

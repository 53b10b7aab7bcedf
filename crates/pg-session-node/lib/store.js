'use strict';

const { EventEmitter } = require('node:events');

const { Base, baseOf, isObject, remember, stateOf } = require('./bases.js');
const Calls = require('./calls.js');
const { reach } = require('./connection.js');
const { invalidInput } = require('./errors.js');
const { id, json, milliseconds, newId, subject } = require('./input.js');
const { Verb } = require('./native.js');
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

  get(sid, maxAge, context) {
    return this.#call(
      () => [Verb.Get, id(sid)],
      (text) => this.#handOut(sid, text, context?.ctx),
    );
  }

  set(sid, session, ttl, context) {
    const carrier = context?.ctx ?? session;
    // koa-session asks for ten seconds more than the session is to live.
    if (context?.ctx) ttl = session?._maxAge ?? ttl;
    const base = baseOf(this, carrier);
    if (!base) return this.#insert(sid, session, ttl, carrier);
    if (base.sid === sid) return this.#update(base, session, ttl, context, nothing);
    return this.#move(base, sid, session, ttl, carrier);
  }

  update(sid, session, ttl) {
    const base = baseOf(this, session);
    return this.#update(base?.sid === sid ? base : undefined, session, ttl);
  }

  create(sid, session, ttl) {
    return this.#call(() => [Verb.Create, newId(sid), json(session), milliseconds(ttl)]);
  }

  touch(sid, ttl) {
    return this.#call(() => [Verb.Touch, id(sid), undefined, milliseconds(ttl)]);
  }

  destroy(sid, context) {
    const base = baseOf(this, context?.ctx);
    if (!base) return this.#call(() => [Verb.Destroy, id(sid)]);
    return this.#call(
      () => [Verb.Take, id(sid)],
      (text) => {
        base.taken(sid, text);
        return text !== null;
      },
    );
  }

  take(sid) {
    return this.#call(
      () => [Verb.Take, id(sid)],
      (text) => this.#handOut(sid, text),
    );
  }

  rotate(old, sid) {
    return this.#call(() => [Verb.Rotate, id(old), newId(sid)]);
  }

  sessionsOf(user) {
    return this.#call(() => [Verb.SessionsOf, subject(user)], JSON.parse);
  }

  destroySessionsOf(user, except) {
    return this.#call(() => [Verb.DestroySessionsOf, subject(user), except === undefined ? except : id(except)]);
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

  /** The session of this JSON, or false, which koa-generic-session takes for none. */
  #handOut(sid, text, ctx) {
    if (text === null) return false;
    const session = JSON.parse(text);
    if (isObject(session)) {
      const base = new Base(this, sid, stateOf(session, text));
      remember(session, base);
      if (ctx) remember(ctx, base);
    }
    return session;
  }

  /** Inserts or replaces. From then on the carrier, unless it is a plain object, carries what was saved. */
  #insert(sid, session, ttl, carrier) {
    let base;
    return this.#call(
      () => {
        const text = json(session);
        if (!isPlain(carrier)) base = new Base(this, sid, stateOf(session, text));
        return [Verb.Set, newId(sid), text, milliseconds(ttl)];
      },
      () => {
        if (base) remember(carrier, base);
      },
    );
  }

  /** Saves under a new id what was loaded under another. */
  #move(base, sid, session, ttl, carrier) {
    const { kept, left } = base.passOn(session);
    if (!kept) return yieldable(Promise.resolve());
    // The carrier still has what must not pass on, so that its next save is to look at the base again.
    if (kept !== session) return this.#insert(sid, kept, ttl);
    if (!left) return this.#insert(sid, session, ttl, carrier);
    const moved = this.#call(() => [Verb.Set, newId(sid), left, milliseconds(ttl)]);
    return yieldable(
      moved.then(() => {
        const there = new Base(this, sid, base.state);
        remember(carrier, there);
        return this.#update(there, session, ttl, undefined, nothing);
      }),
    );
  }

  /** Saves against the base, which then is what was saved; `read` makes the answer of what came of it. */
  #update(base, session, ttl, context, read = (outcome) => outcome) {
    let next;
    return this.#call(
      () => {
        if (!base) {
          throw invalidInput('update takes the very object that `get` answered for this id; to insert or replace, `set`');
        }
        next = base.next(session, context?.changed === false ? this.options.touchEvery : 0);
        return [Verb.Update, id(base.sid), next.text, milliseconds(ttl), base.state.text];
      },
      (outcome) => {
        if (outcome === 'gone') base.gone();
        else base.state = next;
        return read(outcome);
      },
    );
  }

  /** Begins the call that `make` tells: verb, id, data, time to live, base. What it throws, the promise is rejected with. */
  #call(make, read) {
    let call;
    try {
      call = make();
    } catch (error) {
      return yieldable(Promise.reject(error));
    }
    return yieldable(this.#calls.begin(call, read));
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

function nothing() {}

/** Whether it is an object of the application's own making, which may come to be stored again and again. */
function isPlain(value) {
  return !isObject(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

module.exports = PgStore;

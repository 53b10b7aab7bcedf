'use strict';

const { EventEmitter } = require('node:events');

const { Base, baseOf, isObject, remember, stateOf } = require('./bases.js');
const Calls = require('./calls.js');
const { reach } = require('./connection.js');
const { invalidInput } = require('./errors.js');
const { id, isUnstated, json, milliseconds, newId, subject } = require('./input.js');
const { Verb } = require('./native.js');
const { defaults, complete } = require('./options.js');
const { ageOf, atMost, endOf, savedTimes, showEnd, unstatedTtl } = require('./times.js');

/** Sessions in a PostgreSQL table. What each method promises stands in `index.d.ts`. */
class PgStore extends EventEmitter {
  static get defaultOpts() {
    return { ...defaults };
  }

  #calls;
  #rotated = new Rotated();
  #hasWarned = false;

  constructor(connection, options) {
    super();
    this.options = complete(options);
    this.ready = false;
    this.#calls = new Calls(reach(connection), this.options);
  }

  setup() {
    const done = this.#call(() => [Verb.Setup], nothing).catch((error) => {
      if (!this.#isMissing(error)) throw error;
      this.#warnOnce(error);
    });
    // Who does not wait for it is told by the next call, which tries again.
    done.catch(nothing);
    return yieldable(done);
  }

  /** Where the table is missing and the store may not create it, koa-pg-session's `setup` resolves. */
  #isMissing({ code, sqlState }) {
    return !this.options.create && code === 'PG_SESSION_SETUP' && sqlState === '42P01';
  }

  #warnOnce({ message }) {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`${message}\nUntil it is there, every call is rejected.`, 'PgSessionWarning');
  }

  get(sid, maxAge, context) {
    return this.#call(
      () => [Verb.Get, id(sid)],
      (text, left) => this.#handOut(sid, text, left, context?.ctx),
    );
  }

  set(sid, session, ttl, context) {
    const carrier = context?.ctx ?? session;
    // koa-session asks for ten seconds more than the session is to live.
    if (context?.ctx && typeof session?._maxAge === 'number') ttl = atMost(session._maxAge);
    const base = baseOf(this, carrier);
    if (!base) return this.#insert(sid, session, ttl, carrier);
    if (base.sid !== sid && this.#rotated.has(base.sid, sid)) base.sid = sid;
    if (base.sid === sid) return this.#update(base, session, ttl, context, nothing);
    // Unless it was destroyed, it lives on, and this is a copy.
    if (base.left === undefined) return this.#insert(sid, session, ttl, carrier);
    return this.#renew(base, sid, session, ttl, carrier);
  }

  update(sid, session, ttl) {
    const base = baseOf(this, session);
    return this.#update(base?.sid === sid ? base : undefined, session, ttl);
  }

  create(sid, session, ttl) {
    return this.#call(() => [Verb.Create, newId(sid), json(session), this.#ttl(ttl, session)]);
  }

  touch(sid, ttl) {
    if (!isUnstated(ttl)) return this.#call(() => [Verb.Touch, id(sid), undefined, milliseconds(ttl)]);
    // Without a time to live, a touch shortens no session: what is left must be known.
    return this.#call(
      () => [Verb.Get, id(sid)],
      (text, left) => text !== null && this.touch(sid, ageOf(JSON.parse(text)) ?? Math.max(left, this.options.ttl)),
    );
  }

  destroy(sid, context) {
    const base = baseOf(this, context?.ctx);
    if (!base) return this.#call(() => [Verb.Destroy, id(sid)]);
    return this.#call(
      () => [Verb.Take, id(sid)],
      (text, left, created) => {
        base.taken(sid, text === null ? null : { text, created });
        return text !== null;
      },
    );
  }

  take(sid) {
    return this.#call(
      () => [Verb.Take, id(sid)],
      (text, left, created) => {
        const session = this.#handOut(sid, text, left);
        baseOf(this, session)?.taken(sid, { text, created });
        return session;
      },
    );
  }

  rotate(old, sid) {
    return this.#call(
      () => [Verb.Rotate, id(old), newId(sid)],
      (outcome) => {
        if (outcome === 'rotated') this.#rotated.add(old, sid);
        return outcome;
      },
    );
  }

  sessionsOf(user) {
    return this.#call(() => [Verb.SessionsOf, subject(user)], entries);
  }

  destroySessionsOf(user, except) {
    return this.#call(() => [Verb.DestroySessionsOf, subject(user), except === undefined ? except : id(except)]);
  }

  all() {
    return this.#call(() => [Verb.All], entries);
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
    return yieldable(this.#calls.begin([Verb.Close], nothing));
  }

  /** The session of this JSON, or false, which koa-generic-session takes for none. It shows when it ends. */
  #handOut(sid, text, left, ctx) {
    if (text === null) return false;
    const session = JSON.parse(text);
    if (isObject(session)) {
      const now = Date.now();
      const end = endOf(left, now);
      const state = stateOf(session, text);
      const loaded = { at: now, cookie: state.notes.cookie, expires: showEnd(session.cookie, end), _expire: undefined };
      const base = new Base(this, sid, state, now + left, loaded);
      remember(session, base);
      if (ctx) {
        // koa-session drops a session by it.
        if (typeof session._expire === 'number') session._expire = loaded._expire = end;
        remember(ctx, base);
      }
    }
    return session;
  }

  /** The time to live, in milliseconds, of a save: as it was given, as the data has it, or what is left. */
  #ttl(given, session, base) {
    return milliseconds(given) ?? atMost(ageOf(session) ?? unstatedTtl(base, this.options.ttl));
  }

  /** Inserts or replaces. From then on the carrier, unless it is a plain object, carries what was saved. */
  #insert(sid, session, ttl, carrier) {
    let base;
    return this.#call(
      () => {
        const text = json(session);
        const living = this.#ttl(ttl, session, baseOf(this, carrier));
        if (!isPlain(carrier)) base = this.#saved(sid, stateOf(session, text), living);
        return [Verb.Set, newId(sid), text, living];
      },
      () => {
        if (base) remember(carrier, base);
      },
    );
  }

  /** The base of what is saved as a new session. */
  #saved(sid, state, living) {
    const now = Date.now();
    return new Base(this, sid, state, now + living, savedTimes(state, now));
  }

  /** Saves under a new id what was loaded under another, which was destroyed for that. */
  #renew(base, sid, session, ttl, carrier) {
    let state, next;
    return this.#call(
      () => {
        state = stateOf(session);
        const living = this.#ttl(ttl, session, base);
        next = this.#saved(sid, state, living);
        return [Verb.Renew, newId(sid), state.text, living, base.state.text, base.left?.text, base.left?.created];
      },
      () => {
        // Of one that was gone, the carrier still has what must not pass on: its next save is to look at the base again.
        if (base.left !== null) remember(carrier, next);
      },
    );
  }

  /** Saves against the base, which then is what was saved; `read` makes the answer of what came of it. */
  #update(base, session, ttl, context, read = (outcome) => outcome) {
    let next, end;
    return this.#call(
      () => {
        if (!base) {
          throw invalidInput('update takes the very object that `get` answered for this id; to insert or replace, `set`');
        }
        next = base.next(session, context?.changed === false ? this.options.touchEvery : 0);
        const living = this.#ttl(ttl, session, base);
        end = Date.now() + living;
        return [Verb.Update, id(base.sid), next.text, living, base.state.text];
      },
      (outcome) => {
        if (outcome === 'gone') base.gone();
        else Object.assign(base, { state: next, end });
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
    return yieldable(this.#calls.begin(call, this.ready ? read : this.#thenReady(read)));
  }

  /** The first call that succeeds has set up, or has found that done. */
  #thenReady(read = (answer) => answer) {
    return (...answer) => {
      if (!this.ready) {
        this.ready = true;
        process.nextTick(() => this.emit('connect'));
      }
      return read(...answer);
    };
  }
}

/** The ids that were given anew lately: middlewares go on with the session that they have loaded under the old one. */
class Rotated {
  #ids = new Map();

  add(old, sid) {
    this.#ids.delete(old);
    this.#ids.set(old, sid);
    if (this.#ids.size > 1000) this.#ids.delete(this.#ids.keys().next().value);
  }

  has(old, sid) {
    return this.#ids.get(old) === sid;
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

/** The pairs of id and session, each of which shows when it ends. */
function entries(text) {
  const now = Date.now();
  return JSON.parse(text).map(([sid, session, left]) => {
    showEnd(session?.cookie, endOf(left, now));
    return [sid, session];
  });
}

/** Whether it is an object of the application's own making, which may come to be stored again and again. */
function isPlain(value) {
  return !isObject(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

module.exports = PgStore;

'use strict';

const { createHash } = require('node:crypto');
const { EventEmitter } = require('node:events');

const { argumentsOf } = require('./arguments.js');
const Calls = require('./calls.js');
const { reach } = require('./connection.js');
const { invalidInput } = require('./errors.js');
const { id, isUnstated, json, knownId, milliseconds, newId, subject } = require('./input.js');
const isObject = require('./is-object.js');
const { load, loadAll } = require('./load.js');
const { LoadedState, link, loadedState, storedState } = require('./loaded.js');
const { Operation } = require('./native.js');
const { defaults, complete } = require('./options.js');
const { refuseCallback, refuseMethods, wrongStore } = require('./peer-methods.js');
const RotatedIds = require('./rotated-ids.js');
const { ageOf, atMost, fallbackTtl, timesAfterInsert } = require('./times.js');
const { warn } = require('./warnings.js');
const yieldable = require('./yieldable.js');

/** Sessions in a PostgreSQL table. `index.d.ts` documents the methods. */
class PgStore extends EventEmitter {
  static get defaultOpts() {
    return { ...defaults };
  }

  #calls;
  #rotated = new RotatedIds();
  #hasWarned = false;

  constructor(connection, options) {
    super();
    const [source, settings] = argumentsOf(connection, options);
    this.options = complete(settings);
    this.ready = false;
    const { target, password } = reach(source);
    this.#calls = new Calls(target, this.options, password);
  }

  setup() {
    const done = this.#call(() => [Operation.Setup], () => this.#emitCreated()).catch((error) => {
      if (!this.#isMissingTable(error)) throw error;
      this.#warnOnce(error);
    });
    // An application need not handle the rejection: the next call tries again and reports its own.
    done.catch(nothing);
    return yieldable(done);
  }

  /** `setup` of koa-pg-session resolves if the table is missing and `create` is false. */
  #isMissingTable({ code, sqlState }) {
    return !this.options.create && code === 'PG_SESSION_SETUP' && sqlState === '42P01';
  }

  #warnOnce({ message }) {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warn('PG_SESSION_TABLE', `${message}\nUntil the table exists, every call is rejected.`);
  }

  /** express-session sets this method of its store. */
  set generate(_) {
    throw wrongStore();
  }

  get(sid, maxAge, context) {
    refuseCallback(maxAge);
    return this.#call(
      () => [Operation.Get, knownId(sid)],
      (text, left) => load(this, sid, text, left, context?.ctx),
    );
  }

  set(sid, session, ttl, context) {
    refuseCallback(ttl, context);
    const holder = context?.ctx ?? session;
    // koa-session passes ten seconds more than the session's age.
    if (context?.ctx && typeof session?._maxAge === 'number') ttl = atMost(session._maxAge);
    const loaded = loadedState(this, holder);
    if (!loaded) return this.#insert(sid, session, ttl, holder);
    if (loaded.sid !== sid && this.#rotated.has(loaded.sid, sid)) loaded.sid = sid;
    if (loaded.sid === sid) return this.#update(loaded, session, ttl, context, nothing);
    // The loaded session was not destroyed, so this one is a copy.
    if (loaded.taken === undefined) return this.#insert(sid, session, ttl, holder);
    return this.#renew(loaded, sid, session, ttl, holder);
  }

  update(sid, session, ttl) {
    const loaded = loadedState(this, session);
    return this.#update(loaded?.sid === sid ? loaded : undefined, session, ttl);
  }

  create(sid, session, ttl) {
    return this.#call(() => [Operation.Create, newId(sid), json(session), this.#ttl(ttl, session)]);
  }

  touch(sid, ttl) {
    if (!isUnstated(ttl)) return this.#call(() => [Operation.Touch, knownId(sid), undefined, milliseconds(ttl)]);
    // Only the data may state an age. Without one, the engine extends the session, and never shortens it.
    return this.#call(
      () => [Operation.Get, knownId(sid)],
      (text, left) => {
        if (text === null) return false;
        const age = ageOf(JSON.parse(text));
        return age === undefined ? this.#extend(sid) : this.touch(sid, Math.max(left, age));
      },
    );
  }

  #extend(sid) {
    return this.#call(() => [Operation.Touch, knownId(sid)]);
  }

  destroy(sid, context) {
    refuseCallback(context);
    const loaded = loadedState(this, context?.ctx);
    if (!loaded) return this.#call(() => [Operation.Destroy, knownId(sid)]);
    return this.#call(
      () => [Operation.Take, knownId(sid)],
      (text, left, created) => {
        loaded.markTaken(sid, text === null ? null : { text, created });
        return text !== null;
      },
    );
  }

  take(sid) {
    return this.#call(
      () => [Operation.Take, knownId(sid)],
      (text, left, created) => {
        const session = load(this, sid, text, left);
        loadedState(this, session)?.markTaken(sid, { text, created });
        return session;
      },
    );
  }

  rotate(old, sid) {
    return this.#call(
      () => [Operation.Rotate, knownId(old), newId(sid)],
      (outcome) => {
        if (outcome === 'rotated') this.#rotated.add(old, sid);
        return outcome;
      },
    );
  }

  sessionsOf(user) {
    return this.#call(() => [Operation.SessionsOf, subject(user)], loadAll);
  }

  destroySessionsOf(user, except) {
    return this.#call(() => [Operation.DestroySessionsOf, subject(user), except === undefined ? except : id(except)]);
  }

  /** Returns the public name of a session; the engine computes the same. */
  static handle(sid) {
    return createHash('sha256').update(`pg-session handle ${id(sid)}`).digest('hex').slice(0, 32);
  }

  destroyHandle(user, handle) {
    const destroyed = this.sessionsOf(user).then((sessions) => {
      const found = sessions.find(([sid]) => PgStore.handle(sid) === handle);
      return found ? this.destroy(found[0]) : false;
    });
    return yieldable(destroyed);
  }

  all() {
    return this.#call(() => [Operation.All], loadAll);
  }

  count() {
    return this.#call(() => [Operation.Count]);
  }

  clear() {
    return this.#call(() => [Operation.Clear], nothing);
  }

  sweep() {
    return this.#call(() => [Operation.Sweep]);
  }

  close() {
    return yieldable(this.#calls.begin([Operation.Close], nothing));
  }

  /** Returns the time to live of a save in milliseconds: the given one, or that of the data, or the remaining time. */
  #ttl(given, session, loaded) {
    return milliseconds(given) ?? atMost(ageOf(session) ?? fallbackTtl(loaded, this.options.ttl));
  }

  /** Inserts or replaces. Then links the holder to the saved state, unless it is a plain object. */
  #insert(sid, session, ttl, holder) {
    let saved;
    return this.#call(
      () => {
        const text = json(session);
        const lifetime = this.#ttl(ttl, session, loadedState(this, holder));
        if (!isPlain(holder)) saved = this.#inserted(sid, storedState(session, text), lifetime);
        return [Operation.Set, newId(sid), text, lifetime];
      },
      () => {
        if (saved) link(holder, saved);
      },
    );
  }

  /** Returns the loaded state of a session that is saved under a new id. */
  #inserted(sid, stored, lifetime) {
    const now = Date.now();
    return new LoadedState(this, sid, stored, now + lifetime, timesAfterInsert(stored, now));
  }

  /** Saves a loaded session under a new id. It was destroyed under its old one. */
  #renew(loaded, sid, session, ttl, holder) {
    let saved;
    return this.#call(
      () => {
        const stored = storedState(session);
        const lifetime = this.#ttl(ttl, session, loaded);
        saved = this.#inserted(sid, stored, lifetime);
        const { text, created } = loaded.taken ?? {};
        return [Operation.Renew, newId(sid), stored.text, lifetime, loaded.stored.text, text, created];
      },
      () => {
        // If the session was already gone, the holder still has data that must not be saved. The next save must see that.
        if (loaded.taken !== null) link(holder, saved);
      },
    );
  }

  /** Saves against the loaded state, which then becomes the saved one. */
  #update(loaded, session, ttl, context, read = (outcome) => outcome) {
    let stored, expiresAt;
    return this.#call(
      () => {
        if (!loaded) {
          throw invalidInput('update requires the object that `get` returned for this id; use `set` to insert or replace');
        }
        stored = loaded.afterSave(session, context?.changed === false ? this.options.touchEvery : 0);
        const lifetime = this.#ttl(ttl, session, loaded);
        expiresAt = Date.now() + lifetime;
        return [Operation.Update, id(loaded.sid), stored.text, lifetime, loaded.stored.text];
      },
      (outcome) => {
        if (outcome === 'gone') loaded.emitGone();
        else Object.assign(loaded, { stored, expiresAt });
        return read(outcome);
      },
    );
  }

  /**
   * Starts the call that `make` returns, in the order of `Batch.add`. An exception of `make` rejects the promise. `read`
   * converts the answer; see `Calls.begin`.
   */
  #call(make, read) {
    let call;
    try {
      call = make();
    } catch (error) {
      return yieldable(Promise.reject(error));
    }
    return yieldable(this.#calls.begin(call, this.ready ? read : this.#thenReady(read)));
  }

  #emitCreated() {
    for (const created of this.#calls.takeCreated()) process.nextTick(() => this.emit('created', created));
  }

  /** Marks the store as ready after the first call that succeeds, because every call sets the table up first. */
  #thenReady(read = (answer) => answer) {
    return (...answer) => {
      if (!this.ready) {
        this.ready = true;
        this.#emitCreated();
        process.nextTick(() => this.emit('connect'));
      }
      return read(...answer);
    };
  }
}

function nothing() {}

/** Returns whether the value is a plain object of the application, which it may store under several ids. */
function isPlain(value) {
  return !isObject(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

module.exports = refuseMethods(PgStore);

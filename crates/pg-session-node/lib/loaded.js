'use strict';

const { json } = require('./input.js');
const isObject = require('./is-object.js');
const { fieldsOf, withoutClockDrift } = require('./middleware-fields.js');

/**
 * The hidden property that links an object to its loaded state. It is not enumerable, so JSON and copies do not have it. With
 * a WeakMap instead, `get` takes 0.5 µs longer, which is more than it takes to parse the session.
 */
const LOADED = Symbol('loaded state');

/** The links of objects that were frozen or sealed before, so that the property cannot be defined. */
const sealed = new WeakMap();

/** The value of the property. Its field is private, so an application that freezes a session deeply does not freeze the state. */
class Link {
  #loaded;

  constructor(loaded) {
    this.#loaded = loaded;
  }

  get() {
    return this.#loaded;
  }
}

/** What a request has loaded or saved: the state that its next save merges against. */
class LoadedState {
  /**
   * The session that `take` deleted, as `{ text, created }`; null if it was already gone; undefined if it was not taken.
   * Middlewares destroy a session to give it a new id.
   */
  taken;

  /**
   * `stored` is the content of the row, from `storedState`. `expiresAt` is in milliseconds of Unix time. `times` is what the
   * session showed of its times:
   *
   * - `at`: when it was loaded or saved
   * - `cookie`: its cookie at that time
   * - `expires`, `_expire`: the expiry that was shown in place of the stored one
   * - `hasOwnDate`: whether the date was set independently of the age
   */
  constructor(store, sid, stored, expiresAt, times) {
    this.store = store;
    this.sid = sid;
    this.stored = stored;
    this.expiresAt = expiresAt;
    this.times = times;
  }

  /** Returns a copy that later saves do not change. */
  copy() {
    return Object.assign(Object.create(LoadedState.prototype), this);
  }

  /** Returns the content of the row after a save under the same id. */
  afterSave(session, lag) {
    return storedState(withoutClockDrift(session, this.stored.fields, this.times, lag));
  }

  /** Records that the session of this id was destroyed. */
  markTaken(sid, taken) {
    if (sid !== this.sid || this.taken !== undefined) return;
    this.taken = taken;
    if (taken === null) this.emitGone();
  }

  /** Emits `gone`: a write was dropped. In a later tick, so that an exception of a listener does not reach the caller. */
  emitGone() {
    process.nextTick(() => this.store.emit('gone'));
  }
}

/** Returns the content of a row: the session's JSON, and its middleware fields. */
function storedState(session, text = json(session)) {
  return { text, fields: fieldsOf(session) };
}

/** Returns the loaded state that the object is linked to, whichever store loaded it. */
function linkedState(object) {
  if (!isObject(object)) return undefined;
  const link = Object.isExtensible(object) ? undefined : sealed.get(object);
  return (link ?? (Object.hasOwn(object, LOADED) ? object[LOADED] : undefined))?.get();
}

/** Returns what this store loaded into the object, or saved from it. */
function loadedState(store, object) {
  const loaded = linkedState(object);
  return loaded?.store === store ? loaded : undefined;
}

/** Links the object to a loaded state. Copies made by spread are linked too if the link is `enumerable`. */
function link(object, loaded, enumerable = false) {
  const value = new Link(loaded);
  const isDefined = Reflect.defineProperty(object, LOADED, { value, enumerable, writable: true, configurable: true });
  if (!isDefined) sealed.set(object, value);
}

/** Links a copy to the loaded state of the original, unless it has one of its own. Returns the state of the copy. */
function linkCopy(original, copy) {
  const loaded = linkedState(copy) ?? linkedState(original);
  if (loaded) link(copy, loaded);
  return loaded;
}

/** Returns the state of the session at its `take`, or null if there was no session. */
function takenState(session) {
  return linkedState(session)?.taken ?? null;
}

module.exports = { LoadedState, link, linkCopy, linkedState, loadedState, storedState, takenState };

'use strict';

const { json } = require('./input.js');
const { notesOf, still } = require('./notes.js');

class Given {
  constructor(object) {
    return object;
  }
}

/**
 * Any object with a base: that which a store handed out, or what a middleware has made of it. A private field is seen by
 * nobody else, and is gone with its object, as an entry of a WeakMap, which takes as long as to parse a session.
 */
class Carrier extends Given {
  #base;

  static baseOf(object) {
    return isObject(object) && #base in object ? object.#base : undefined;
  }

  static remember(object, base) {
    (#base in object ? object : new Carrier(object)).#base = base;
  }
}

/** What a request has loaded, or saved since: what its next save is an update of. */
class Base {
  /**
   * Once the session was destroyed, which may be for a new id: the JSON that it had by then, and when it was created; null
   * if it was gone already.
   */
  left;

  /**
   * `state` is what is in the table: the session's JSON, and what it notes of its own time. `end` is when it ends, and
   * `loaded`, of one that was loaded, what it noted then, what it was shown to note instead, and when that was.
   */
  constructor(store, sid, state, end, loaded) {
    this.store = store;
    this.sid = sid;
    this.state = state;
    this.end = end;
    this.loaded = loaded;
  }

  /** The state that a save of the session under the same id makes. */
  next(session, lag) {
    return stateOf(still(session, this.state.notes, this.loaded, lag));
  }

  /** The session of this id was destroyed, and this is what was `left` of it. */
  taken(sid, left) {
    if (sid !== this.sid || this.left !== undefined) return;
    this.left = left;
    if (left === null) this.gone();
  }

  /** Tells of a write that was dropped; later, for what a listener throws is not for us to catch. */
  gone() {
    process.nextTick(() => this.store.emit('gone'));
  }
}

function stateOf(session, text = json(session)) {
  return { text, notes: notesOf(session) };
}

/** What `carrier` carries from this store. */
function baseOf(store, carrier) {
  const base = Carrier.baseOf(carrier);
  return base?.store === store ? base : undefined;
}

/** What was left of the session that `take` has handed out, or null if it was gone. */
function leftOf(taken) {
  return Carrier.baseOf(taken)?.left ?? null;
}

/** Has `to` carry what `from` does, which it was made of, unless it has a base of its own; answers what it carries. */
function carry(from, to) {
  const base = Carrier.baseOf(to) ?? Carrier.baseOf(from);
  if (base) Carrier.remember(to, base);
  return base;
}

function isObject(value) {
  return typeof value === 'object' && value !== null;
}

module.exports = { Base, stateOf, baseOf, leftOf, remember: Carrier.remember, carry, isObject };

'use strict';

const { json } = require('./input.js');
const { added, notesOf, still, takesAlong } = require('./notes.js');

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
  /** Once the session was destroyed to have a new id: the JSON that it had by then, or null if it was gone already. */
  #left;

  /** `state` is what is in the table: the session's JSON, and what it notes of its own time. */
  constructor(store, sid, state) {
    this.store = store;
    this.sid = sid;
    this.state = state;
  }

  /** The state that a save of the session under the same id makes. */
  next(session, lag) {
    return stateOf(still(session, this.state.notes, lag));
  }

  /** The session of this id was destroyed, and this is the JSON that it had, or null if it was gone. */
  taken(sid, text) {
    if (sid !== this.sid || this.#left !== undefined) return;
    this.#left = text;
    if (text === null) this.gone();
  }

  /**
   * What is to be saved under another id: of the session, `kept`, if anything; merged with what is `left` of the old one,
   * if that says more. What is gone passes nothing on, and who takes nothing along starts anew.
   */
  passOn(session) {
    const loaded = () => JSON.parse(this.state.text);
    if (this.#left === null) return { kept: added(session, loaded()) };
    const changed = this.#left !== undefined && this.#left !== this.state.text;
    return { kept: session, left: changed && takesAlong(session, loaded()) ? this.#left : undefined };
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

/** The JSON of what a store has handed out, or null for nothing. */
function textOf(found) {
  return Carrier.baseOf(found)?.state.text ?? null;
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

module.exports = { Base, stateOf, baseOf, textOf, remember: Carrier.remember, carry, isObject };

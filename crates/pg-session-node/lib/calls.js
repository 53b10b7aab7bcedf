'use strict';

const { Store, onWarning } = require('./native.js');
const { PgSessionError, configuration } = require('./errors.js');

onWarning((message) => process.emitWarning(message, 'PgSessionWarning'));

/**
 * What waits for an answer, in all stores; a ticket is a place in it. In a Map, what was answered would live on: it grows
 * anew every few hundred calls, and its old tables keep what they held from the collector of young objects.
 */
const pending = [];
const freeTickets = [];
const isIdle = () => pending.length === freeTickets.length;

/** Holds the event loop while anything is pending, and only then: it never fires in earnest. */
const alive = setInterval(() => {}, 2 ** 31 - 1).unref();

/**
 * A store's line to Rust. The calls of one tick cross together, and so do the answers that came in meanwhile. They cross
 * as one list of numbers and one of texts: what a list costs is its elements, most of all the texts.
 */
class Calls {
  #store;
  #batch = new Batch();

  constructor(connection, options) {
    try {
      this.#store = new Store(connection, options, settle);
    } catch (error) {
      throw configuration(error.message);
    }
  }

  /** A promise of the answer to one call, as `read` makes it of what came back. */
  begin([verb, id, data, ttl, base], read = (answer) => answer) {
    if (isIdle()) alive.ref();
    const ticket = freeTickets.pop() ?? pending.length;
    if (this.#batch.add(ticket, verb, id, data, ttl, base) === 1) queueMicrotask(() => this.#submit());
    return new Promise((resolve, reject) => {
      pending[ticket] = { resolve, reject, read };
    });
  }

  #submit() {
    const { numbers, texts } = this.#batch.take();
    this.#store.submit(numbers, texts);
  }
}

class Batch {
  /** Of each call its ticket, its verb, how many texts it has, and its time to live, or NaN. */
  #numbers = new Float64Array(4 * 64);
  #texts = [];
  #calls = 0;

  /** Answers how many there are. */
  add(ticket, verb, id, data, ttl = NaN, base) {
    const before = this.#texts.length;
    for (const text of [id, data, base]) if (text !== undefined) this.#texts.push(text);
    const at = 4 * this.#calls;
    if (at === this.#numbers.length) this.#grow();
    this.#numbers[at] = ticket;
    this.#numbers[at + 1] = verb;
    this.#numbers[at + 2] = this.#texts.length - before;
    this.#numbers[at + 3] = ttl;
    return ++this.#calls;
  }

  take() {
    const taken = { numbers: this.#numbers.subarray(0, 4 * this.#calls), texts: this.#texts };
    this.#calls = 0;
    this.#texts = [];
    return taken;
  }

  #grow() {
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

function settle(tickets, answers) {
  for (let n = 0; n < tickets.length; n++) {
    const { resolve, reject, read } = pending[tickets[n]];
    pending[tickets[n]] = undefined;
    freeTickets.push(tickets[n]);
    try {
      resolve(read(result(answers[n])));
    } catch (error) {
      reject(error);
    }
  }
  if (isIdle()) alive.unref();
}

/** Rust answers an object only where a call failed. */
function result(answer) {
  if (typeof answer === 'object' && answer !== null) throw new PgSessionError(answer);
  return answer;
}

module.exports = Calls;

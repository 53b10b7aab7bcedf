'use strict';

const { Store, onWarning } = require('./native.js');
const { PgSessionError, configuration } = require('./errors.js');
const { causeAt } = require('./function.js');

onWarning((message) => process.emitWarning(message, 'PgSessionWarning'));

/**
 * What waits for an answer, in all stores; a ticket is a place in it. In a Map, what was answered would live on: it grows
 * anew every few hundred calls, and its old tables keep what they held from the collector of young objects.
 */
const pending = [];
const freeTickets = [];
const isIdle = () => pending.length === freeTickets.length;

/** How many numbers cross into Rust with a call. */
const NUMBERS = 5;

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

  /**
   * A promise of the answer to one call, as `read` makes it of what came back: the answer, and of the session that it
   * found the milliseconds left and when it was created, or NaN.
   */
  begin(call, read = (answer) => answer) {
    if (isIdle()) alive.ref();
    const ticket = freeTickets.pop() ?? pending.length;
    if (this.#batch.add(ticket, call) === 1) queueMicrotask(() => this.#submit());
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
  /** Of each call its ticket, its verb, how many texts it has, its time to live and when it was created, or NaN. */
  #numbers = new Float64Array(NUMBERS * 64);
  #texts = [];
  #calls = 0;

  /** Answers how many there are. */
  add(ticket, [verb, id, data, ttl = NaN, base, taken, created = NaN]) {
    const before = this.#texts.length;
    for (const text of [id, data, base, taken]) if (text !== undefined) this.#texts.push(text);
    const at = NUMBERS * this.#calls;
    if (at === this.#numbers.length) this.#grow();
    this.#numbers[at] = ticket;
    this.#numbers[at + 1] = verb;
    this.#numbers[at + 2] = this.#texts.length - before;
    this.#numbers[at + 3] = ttl;
    this.#numbers[at + 4] = created;
    return ++this.#calls;
  }

  take() {
    const taken = { numbers: this.#numbers.subarray(0, NUMBERS * this.#calls), texts: this.#texts };
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

/** The numbers are, of each answer, its ticket, the milliseconds left and when the session was created. */
function settle(numbers, answers) {
  for (let n = 0; n < answers.length; n++) {
    // As an integer, which an index is at its fastest.
    const ticket = numbers[3 * n] | 0;
    const { resolve, reject, read } = pending[ticket];
    pending[ticket] = undefined;
    freeTickets.push(ticket);
    try {
      resolve(read(result(answers[n]), numbers[3 * n + 1], numbers[3 * n + 2]));
    } catch (error) {
      reject(error);
    }
  }
  if (isIdle()) alive.unref();
}

/** Rust answers an object only where a call failed. */
function result(answer) {
  if (typeof answer !== 'object' || answer === null) return answer;
  throw new PgSessionError({ ...answer, cause: causeAt(answer.cause) });
}

module.exports = Calls;

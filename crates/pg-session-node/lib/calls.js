'use strict';

const { Store, onWarning } = require('./native.js');
const { PgSessionError, configuration } = require('./errors.js');

onWarning((message) => process.emitWarning(message, 'PgSessionWarning'));

/** What waits for an answer, in all stores, by ticket. */
const pending = new Map();
let lastTicket = 0;

/** Holds the event loop while anything is pending, and only then: it never fires in earnest. */
const alive = setInterval(() => {}, 2 ** 31 - 1).unref();

/**
 * A store's line to Rust. The calls of one tick cross together, and so do the answers that came in meanwhile. They cross
 * as lists, one a field: that costs a third of a list of objects.
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
  begin([verb, id, data, ttl, base], read) {
    const ticket = (lastTicket = (lastTicket + 1) >>> 0);
    if (this.#batch.push(ticket, verb, id, data, ttl, base) === 1) queueMicrotask(() => this.#submit());
    if (pending.size === 0) alive.ref();
    return new Promise((resolve, reject) => pending.set(ticket, { resolve, reject, read }));
  }

  #submit() {
    const { tickets, verbs, ids, data, ttls, bases } = this.#batch;
    this.#batch = new Batch();
    this.#store.submit(tickets, verbs, ids, data, ttls, bases);
  }
}

class Batch {
  tickets = [];
  verbs = [];
  ids = [];
  data = [];
  ttls = [];
  /** Of the updates alone. */
  bases = [];

  push(ticket, verb, id, data, ttl, base) {
    if (base !== undefined) this.bases.push(base);
    this.verbs.push(verb);
    this.ids.push(id);
    this.data.push(data);
    this.ttls.push(ttl);
    return this.tickets.push(ticket);
  }
}

function settle(tickets, answers) {
  tickets.forEach((ticket, n) => {
    const { resolve, reject, read } = pending.get(ticket);
    pending.delete(ticket);
    const answer = answers[n];
    // Rust answers an object only where a call failed.
    if (typeof answer === 'object' && answer !== null) {
      reject(new PgSessionError(answer));
    } else {
      resolve(read ? read(answer) : answer);
    }
  });
  if (pending.size === 0) alive.unref();
}

module.exports = Calls;

'use strict';

const { Store, onWarning } = require('./native.js');
const { PgSessionError, configuration, invalidInput } = require('./errors.js');
const { causeAt } = require('./function.js');
const { warn } = require('./warnings.js');

onWarning(warn);

/**
 * The calls of all stores that wait for an answer, by their ids. An array and not a Map: a Map reallocates its table every few
 * hundred calls, and the old tables keep answered calls from the collector of young objects.
 */
const pending = [];
const freeIds = [];
const isIdle = () => pending.length === freeIds.length;

/** How many numbers a call has, and where the lengths of its texts begin; see `submit` of the addon. */
const NUMBERS = 8;
const LENGTHS = 4;

/** Calls cross at once when their texts are this long together: the engine limits the bytes that wait, JavaScript does not. */
const FULL = 1 << 20;

/** Keeps the event loop alive while a call is pending. */
const keepAlive = setInterval(() => {}, 2 ** 31 - 1).unref();

/**
 * The calls of one store to the addon. The calls of one tick cross together, and so do their answers. The calls cross as one
 * list of numbers and one text, because each text that crosses has its own cost.
 */
class Calls {
  #store;
  #batch = new Batch();

  /** The arguments are from `reach` and `complete`. */
  constructor(target, options, password) {
    try {
      this.#store = new Store(target, options, settle, password);
    } catch (error) {
      throw configuration(error.message);
    }
  }

  /** Returns what setup has created since the last call of this method. */
  takeCreated() {
    return this.#store.takeCreated();
  }

  /**
   * Starts a call. Returns a promise of what `read` makes of its answer, the milliseconds left and the creation time of the
   * session that it found. The latter two are NaN if there is none.
   */
  begin(call, read = (answer) => answer) {
    if (isIdle()) keepAlive.ref();
    const callId = freeIds.pop() ?? pending.length;
    const answered = new Promise((resolve, reject) => {
      pending[callId] = { resolve, reject, read };
    });
    if (this.#batch.add(callId, call) === 1) queueMicrotask(() => this.#submit());
    if (this.#batch.length >= FULL) this.#submit();
    return answered;
  }

  #submit() {
    if (this.#batch.isEmpty) return;
    const { numbers, texts } = this.#batch.take();
    try {
      this.#store.submit(numbers, texts.join(''));
    } catch (cause) {
      const error = invalidInput('the call could not reach the native addon; the `cause` of this error says why', cause);
      for (let at = 0; at < numbers.length; at += NUMBERS) release(numbers[at]).reject(error);
      if (isIdle()) keepAlive.unref();
    }
  }
}

class Batch {
  #numbers = new Float64Array(NUMBERS * 64);
  #texts = [];
  #calls = 0;

  /** The length of all texts. */
  length = 0;

  get isEmpty() {
    return this.#calls === 0;
  }

  /** Adds a call, and returns how many there are. */
  add(callId, [operation, id, data, ttl = NaN, base, taken, created = NaN]) {
    const at = NUMBERS * this.#calls;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = callId;
    numbers[at + 1] = operation;
    numbers[at + 2] = ttl;
    numbers[at + 3] = created;
    numbers[at + LENGTHS] = this.#addText(id);
    numbers[at + LENGTHS + 1] = this.#addText(data);
    numbers[at + LENGTHS + 2] = this.#addText(base);
    numbers[at + LENGTHS + 3] = this.#addText(taken);
    return ++this.#calls;
  }

  /** Returns the length of the text, or NaN if there is none. */
  #addText(text) {
    if (text === undefined) return NaN;
    this.#texts.push(text);
    this.length += text.length;
    return text.length;
  }

  take() {
    const taken = { numbers: this.#numbers.subarray(0, NUMBERS * this.#calls), texts: this.#texts };
    this.#calls = 0;
    this.#texts = [];
    this.length = 0;
    return taken;
  }

  #grow() {
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

/** Settles calls. Each answer has three numbers: its call id, the milliseconds left, and when the session was created. */
function settle(numbers, answers) {
  for (let n = 0; n < answers.length; n++) {
    // An integer is the fastest index.
    const { resolve, reject, read } = release(numbers[3 * n] | 0);
    try {
      resolve(read(result(answers[n]), numbers[3 * n + 1], numbers[3 * n + 2]));
    } catch (error) {
      reject(error);
    }
  }
  if (isIdle()) keepAlive.unref();
}

function release(callId) {
  const call = pending[callId];
  pending[callId] = undefined;
  freeIds.push(callId);
  return call;
}

/** An object is a failure. */
function result(answer) {
  if (typeof answer !== 'object' || answer === null) return answer;
  throw new PgSessionError({ ...answer, cause: causeAt(answer.cause) });
}

module.exports = Calls;

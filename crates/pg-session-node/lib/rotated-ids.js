'use strict';

const MAX_IDS = 1000;

/** The ids that `rotate` replaced last. Middlewares keep using the session that they loaded under the old id. */
class RotatedIds {
  #ids = new Map();

  add(old, sid) {
    this.#ids.delete(old);
    this.#ids.set(old, sid);
    if (this.#ids.size > MAX_IDS) this.#ids.delete(this.#ids.keys().next().value);
  }

  has(old, sid) {
    return this.#ids.get(old) === sid;
  }
}

module.exports = RotatedIds;

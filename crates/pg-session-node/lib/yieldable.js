'use strict';

/** Makes a promise work with `yield*`, as generators of co and Koa 1 use it. */
function yieldable(promise) {
  promise[Symbol.iterator] = yieldItself;
  return promise;
}

function* yieldItself() {
  return yield this;
}

module.exports = yieldable;

'use strict';

/** How long a warning is not repeated, in milliseconds, so that a fact is not told once for each call that meets it. */
const QUIET = 60_000;

/** How many warnings are remembered. */
const MAX_TEXTS = 100;

/** When each warning was emitted, in this order. */
const emitted = new Map();

/** Emits a process warning, unless the same was emitted a moment ago. */
function warn(code, message) {
  const key = `${code} ${message}`;
  const now = performance.now();
  if (now - emitted.get(key) < QUIET) return;
  emitted.delete(key);
  emitted.set(key, now);
  if (emitted.size > MAX_TEXTS) emitted.delete(emitted.keys().next().value);
  process.emitWarning(message, { type: 'PgSessionWarning', code });
}

module.exports = { warn };

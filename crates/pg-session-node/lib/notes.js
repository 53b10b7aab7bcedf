'use strict';

/** What middlewares keep in the data for themselves, of koa-session those that begin with `_`. */
const OWN = new Set(['cookie', '_expire', '_maxAge', '_session']);

/** Of a cookie with an age, what follows from that and from the clock. */
const MOVING = new Set(['expires', 'originalExpires', 'originalMaxAge']);

/** What the session says of its own time, in a copy of its own. */
function notesOf({ cookie, _expire }) {
  return { cookie: cookie && { ...asJson(cookie) }, _expire };
}

/**
 * The session with its notes as they were, where the clock alone has moved them: then it has not changed. koa-session
 * trusts its `_expire`, which so moves when it is `lag` milliseconds behind, a twentieth of the age unless told, as with
 * a touch.
 */
function still(session, notes, lag = session._maxAge / 20) {
  const moved = {};
  if (hasOnlyMoved(notes.cookie, asJson(session.cookie))) moved.cookie = notes.cookie;
  const behind = session._expire - notes._expire;
  if (behind >= 0 && behind < lag) moved._expire = notes._expire;
  return Object.keys(moved).length > 0 ? { ...asJson(session), ...moved } : session;
}

function hasOnlyMoved(before, now) {
  if (typeof before?.originalMaxAge !== 'number') return false;
  // express-session works the age out anew each time, and may so be a millisecond off.
  if (!(Math.abs(now?.originalMaxAge - before.originalMaxAge) < 1000)) return false;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].every((name) => MOVING.has(name) || (before[name] ?? null) === (now[name] ?? null));
}

/** Whether the session has any key that `before` had, but for the middleware's own. */
function takesAlong(session, before) {
  return Object.keys(asJson(session)).some((key) => !OWN.has(key) && Object.hasOwn(before, key));
}

/** What the session has that `before` had not, and the middleware's own; nothing where that is all. */
function added(session, before) {
  const left = Object.entries(asJson(session)).filter(([key]) => OWN.has(key) || !Object.hasOwn(before, key));
  return left.every(([key]) => OWN.has(key)) ? undefined : Object.fromEntries(left);
}

function asJson(value) {
  return typeof value?.toJSON === 'function' ? value.toJSON() : value;
}

module.exports = { notesOf, still, takesAlong, added };

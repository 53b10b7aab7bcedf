'use strict';

/** Of a cookie with an age, what follows from that and from the clock. */
const MOVING = new Set(['expires', 'originalExpires', 'originalMaxAge']);

/** Those of them that are dates. */
const DATES = ['expires', 'originalExpires'];

/**
 * By how many milliseconds express-session's `touch` may shorten an age: it works it out anew, from a date and from a
 * clock that goes on meanwhile.
 */
const DRIFT = 20;

/** What the session says of its own time, in a copy of its own. */
function notesOf({ cookie, _expire }) {
  return { cookie: cookie && { ...asJson(cookie) }, _expire };
}

/**
 * The session with its notes as they were, where the clock alone has moved them: then it has not changed. `shown` are
 * the dates that it was handed out with, if those are others than in its notes. koa-session trusts its `_expire`, which
 * so moves when it is `lag` milliseconds behind, a twentieth of the age unless told, as with a touch.
 */
function still(session, notes, shown, lag = session._maxAge / 20) {
  const moved = {};
  const cookie = asJson(session.cookie);
  if (hasOnlyMoved(notes.cookie, cookie)) moved.cookie = notes.cookie;
  else if (shown?.expires !== undefined) moved.cookie = withStoredDates(cookie, notes.cookie, shown.expires);
  const behind = session._expire - notes._expire;
  if ((behind >= 0 && behind < lag) || (shown?._expire !== undefined && session._expire === shown._expire)) {
    moved._expire = notes._expire;
  }
  return Object.keys(moved).length > 0 ? { ...asJson(session), ...moved } : session;
}

function hasOnlyMoved(before, now) {
  if (typeof before?.originalMaxAge !== 'number') return false;
  const drift = before.originalMaxAge - now?.originalMaxAge;
  if (!(drift >= 0 && drift <= DRIFT)) return false;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].every((name) => MOVING.has(name) || (before[name] ?? null) === (now[name] ?? null));
}

/** The cookie, with the dates that are as they were shown as they are stored. */
function withStoredDates(cookie, stored, shown) {
  if (typeof cookie !== 'object' || cookie === null) return cookie;
  const dates = DATES.filter((name) => cookie[name] && new Date(cookie[name]).getTime() === Date.parse(shown));
  return { ...cookie, ...Object.fromEntries(dates.map((name) => [name, stored[name]])) };
}

function asJson(value) {
  return typeof value?.toJSON === 'function' ? value.toJSON() : value;
}

module.exports = { notesOf, still };

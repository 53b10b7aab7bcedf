'use strict';

const isObject = require('./is-object.js');

/** Fields of a cookie that change with time alone if it has an age. */
const MOVING = new Set(['expires', 'originalExpires', 'originalMaxAge']);

/** The moving fields that are dates. */
const DATES = ['expires', 'originalExpires'];

/**
 * By how many milliseconds express-session's `touch` may shorten an age: it computes the age from a date and from a clock
 * that advances in the meantime.
 */
const DRIFT = 20;

const NO_FIELDS = Object.freeze({ cookie: undefined, _expire: undefined });

/** Returns a copy of the fields in which a middleware stores the session's times. */
function fieldsOf({ cookie, _expire }) {
  if (cookie === undefined && _expire === undefined) return NO_FIELDS;
  return { cookie: cookie && { ...asJson(cookie) }, _expire };
}

/**
 * Returns the session with the `stored` middleware fields, if only the clock has changed them: then the session has not
 * changed. `shown` holds the dates that `get` showed, if they differ from the stored ones.
 *
 * koa-session relies on its `_expire`. That field moves once it lags behind by `lag` milliseconds, as the expiry does with a
 * touch.
 */
function withoutClockDrift(session, stored, shown, lag = session._maxAge / 20) {
  const fields = {};
  const cookie = asJson(session.cookie);
  if (hasOnlyMoved(stored.cookie, cookie)) fields.cookie = stored.cookie;
  else if (shown?.expires !== undefined) fields.cookie = withStoredDates(cookie, stored.cookie, shown.expires);
  const behind = session._expire - stored._expire;
  if ((behind >= 0 && behind < lag) || (shown?._expire !== undefined && session._expire === shown._expire)) {
    fields._expire = stored._expire;
  }
  return Object.keys(fields).length > 0 ? { ...asJson(session), ...fields } : session;
}

function hasOnlyMoved(before, now) {
  if (typeof before?.originalMaxAge !== 'number') return false;
  const drift = before.originalMaxAge - now?.originalMaxAge;
  if (!(drift >= 0 && drift <= DRIFT)) return false;
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].every((name) => MOVING.has(name) || (before[name] ?? null) === (now[name] ?? null));
}

/** Replaces each date of the cookie that is still the `shown` one by the stored date. */
function withStoredDates(cookie, stored, shown) {
  if (!isObject(cookie)) return cookie;
  const dates = DATES.filter((name) => cookie[name] && new Date(cookie[name]).getTime() === Date.parse(shown));
  return { ...cookie, ...Object.fromEntries(dates.map((name) => [name, stored[name]])) };
}

function asJson(value) {
  return typeof value?.toJSON === 'function' ? value.toJSON() : value;
}

module.exports = { fieldsOf, withoutClockDrift };

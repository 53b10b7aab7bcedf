'use strict';

/** The times to live that cookies of express-session and @fastify/session ask for, and the dates that they show. */

const isObject = require('./is-object.js');

/** The longest time to live that the engine accepts, in milliseconds: 10,000 years. */
const LONGEST = 10_000 * 365 * 24 * 60 * 60 * 1000;

/** The last date whose year has four digits, as readers of cookies expect. */
const LAST_DATE = Date.UTC(10_000, 0) - 1;

/** The least remaining time that is shown, in milliseconds, so that no middleware drops a session on arrival. */
const SHORTEST = 100;

/** The time between setting a date and reading the clock again, in milliseconds. */
const SLACK = 20;

/** Longer than any request, in milliseconds: no request sets a date that is further back. */
const LONG_REQUEST = 60_000;

/** Returns the expiry of a session that has `left` milliseconds, in milliseconds of Unix time. */
function expiryToShow(left, now) {
  return Math.min(now + Math.max(Math.ceil(left), SHORTEST), LAST_DATE);
}

/**
 * Replaces the date in the cookie, if it has one, by the expiry of the row: the stored date is from the last write, and
 * touches move only the row. Returns the new date or undefined.
 */
function showExpiry(cookie, expiry) {
  if (typeof cookie?.expires !== 'string' || !isDate(cookie.expires)) return undefined;
  return (cookie.expires = isoText(expiry));
}

/** Returns whether a text is a date, in the form of `JSON.stringify` or in another form that `Date` parses. */
function isDate(text) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) || !Number.isNaN(Date.parse(text));
}

const DAY = 24 * 60 * 60 * 1000;
const DIGITS = Array.from({ length: 1000 }, (_, n) => String(n));
const [TWO, THREE] = [2, 3].map((width) => DIGITS.map((digits) => digits.padStart(width, '0')));
let lastDay, lastDate;

/**
 * Formats a time as `toISOString` does, in a sixth of its time, which is half of the time to parse a session. The date is
 * cached because most sessions expire on the same days.
 */
function isoText(time) {
  const day = Math.floor(time / DAY);
  if (day !== lastDay) [lastDay, lastDate] = [day, new Date(time).toISOString().slice(0, 11)];
  const inDay = time - day * DAY;
  const [minutes, seconds] = [Math.floor(inDay / 60_000), Math.floor(inDay / 1000) % 60];
  const clock = `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds]}.${THREE[inDay % 1000]}`;
  return `${lastDate}${clock}Z`;
}

/** Returns the age in the data of any middleware, in milliseconds, or undefined. */
function ageOf(session) {
  const cookie = session?.cookie;
  return [session?._maxAge, cookie?.originalMaxAge, ownMaxAge(cookie)].find((age) => Number.isFinite(age));
}

/** Returns `maxAge` if it is stored. A Cookie of express-session computes it from a date. */
function ownMaxAge(cookie) {
  return isObject(cookie) && Object.hasOwn(cookie, 'maxAge') ? cookie.maxAge : undefined;
}

/**
 * Returns the `times` of the loaded state of a session that was inserted. A later save ignores the date that it was saved
 * with, unless the date was set independently of the age.
 */
function timesAfterInsert({ fields: { cookie } }, now) {
  const date = cookie?.expires ? new Date(cookie.expires).getTime() : NaN;
  if (Number.isNaN(date)) return { at: now, cookie };
  const setAt = date - cookie.originalMaxAge;
  const hasOwnDate = !(setAt >= now - LONG_REQUEST && setAt <= now + SLACK);
  return { at: now, cookie, expires: new Date(date).toISOString(), hasOwnDate };
}

/**
 * Returns the time to live that the session's cookie asks for, in milliseconds, or undefined if it asks for none, as a cookie
 * that lasts as long as the browser runs. `loaded` is the loaded state of the session, if it has one.
 *
 * The age counts. A date counts only if the application has set it: a stored date is old, and a shown date is no request.
 * In express-session, setting the date sets the age too (`ageFollowsDate`).
 */
function cookieTtl(session, loaded, ageFollowsDate) {
  const cookie = session?.cookie;
  if (!isObject(cookie)) return undefined;
  const now = Date.now();
  const age = cookie.originalMaxAge;
  const maxAge = ownMaxAge(cookie);
  if (loaded?.times && Number.isFinite(maxAge) && maxAge !== loaded.times.cookie?.maxAge) return atMost(maxAge);
  const date = cookie.expires ? new Date(cookie.expires).getTime() : NaN;
  if (Number.isFinite(age) && !isSetByApplication(cookie, date, loaded, ageFollowsDate, now)) return atMost(age);
  if (!Number.isNaN(date)) return ttlUntil(date, age, loaded, now);
  return Number.isFinite(maxAge) ? atMost(maxAge) : undefined;
}

/** Returns whether the application has set the date, so that it does not follow from the age. */
function isSetByApplication(cookie, date, loaded, ageFollowsDate, now) {
  if (Number.isNaN(date)) return false;
  if (loaded?.times) {
    const setAt = date - cookie.originalMaxAge;
    if (isShown(date, loaded)) return loaded.times.hasOwnDate === true;
    return !(setAt >= loaded.times.at - SLACK && setAt <= now + SLACK);
  }
  // A plain object is data, and the date in a Cookie of @fastify/session may be any.
  return !ageFollowsDate && Object.hasOwn(cookie, '_expires');
}

function ttlUntil(date, age, loaded, now) {
  if (isShown(date, loaded)) return date > now ? date - now : undefined;
  // In @fastify/session, `cookie.maxAge = null` sets the date to the present.
  if (date <= now && (age === null || age === false)) {
    const { at = now - LONG_REQUEST, cookie } = loaded?.times ?? {};
    if (typeof cookie?.originalMaxAge === 'number' || date >= at - SLACK) return undefined;
  }
  return atMost(date - now);
}

function isShown(date, loaded) {
  return loaded?.times?.expires !== undefined && date === Date.parse(loaded.times.expires);
}

/**
 * Returns the time to live of a save or touch that asks for none: the remaining time, and at least the default, so that it
 * never shortens a session. A session whose age was removed gets the default, because its remaining time is from that age.
 */
function fallbackTtl(loaded, least) {
  const hadAge = loaded?.times && ageOf({ cookie: loaded.times.cookie }) !== undefined;
  return loaded?.expiresAt === undefined || hadAge ? least : Math.max(least, loaded.expiresAt - Date.now());
}

/** Limits a time to live, because a middleware may ask for more than the engine accepts. */
function atMost(ttl) {
  return Math.min(ttl, LONGEST);
}

module.exports = { ageOf, atMost, cookieTtl, expiryToShow, fallbackTtl, isoText, showExpiry, timesAfterInsert };

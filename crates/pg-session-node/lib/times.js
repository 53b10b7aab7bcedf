'use strict';

/** How long sessions live, as the cookies of express-session and @fastify/session say, and the dates that they show. */

/** The longest time to live that the engine takes: 10,000 years. */
const LONGEST = 10_000 * 365 * 24 * 60 * 60 * 1000;

/** The last date with a year of four digits, which every reader of cookies understands. */
const LAST_DATE = Date.UTC(10_000, 0) - 1;

/** In milliseconds. A session with less time left is shown with this, so that no middleware drops it as it arrives. */
const SHORTEST = 100;

/** Between setting a date and reading the clock again, in milliseconds. */
const SLACK = 20;

/** Longer than any request, in milliseconds: a date that is further back was not set by this one. */
const LONG_REQUEST = 60_000;

/** When a session ends, in milliseconds of Unix time, of which there are `left` as it arrives. */
function endOf(left, now) {
  return Math.min(now + Math.max(Math.ceil(left), SHORTEST), LAST_DATE);
}

/**
 * Shows in the cookie when the session ends, where it shows a date: that in the data is of the last write, and touches
 * move only the row. Answers the date as it is shown, or undefined.
 */
function showEnd(cookie, end) {
  if (typeof cookie?.expires !== 'string' || !isDate(cookie.expires)) return undefined;
  return (cookie.expires = isoText(end));
}

/** As `JSON.stringify` writes dates, or in another form that a Date understands. */
function isDate(text) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) || !Number.isNaN(Date.parse(text));
}

const DAY = 24 * 60 * 60 * 1000;
const DIGITS = Array.from({ length: 1000 }, (_, n) => String(n));
const [TWO, THREE] = [2, 3].map((width) => DIGITS.map((digits) => digits.padStart(width, '0')));
let lastDay, lastDate;

/** As `toISOString`, in a sixth of the time, which is half of that to parse a session: most end on the same days. */
function isoText(time) {
  const day = Math.floor(time / DAY);
  if (day !== lastDay) [lastDay, lastDate] = [day, new Date(time).toISOString().slice(0, 11)];
  const inDay = time - day * DAY;
  const [minutes, seconds] = [Math.floor(inDay / 60_000), Math.floor(inDay / 1000) % 60];
  const clock = `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds]}.${THREE[inDay % 1000]}`;
  return `${lastDate}${clock}Z`;
}

/** The age that the data of any middleware states, in milliseconds, or undefined. */
function ageOf(session) {
  const cookie = session?.cookie;
  return [session?._maxAge, cookie?.originalMaxAge, ownAge(cookie)].find((age) => Number.isFinite(age));
}

/** A Cookie of express-session works `maxAge` out by itself, from a date. */
function ownAge(cookie) {
  return isObject(cookie) && Object.hasOwn(cookie, 'maxAge') ? cookie.maxAge : undefined;
}

function isObject(value) {
  return typeof value === 'object' && value !== null;
}

/**
 * What a session that was saved as new says of its time, as `loaded` of a base has it: the date it was saved with is no
 * intent later on, unless it was one then (`isApart`).
 */
function savedTimes({ notes: { cookie } }, now) {
  const date = cookie?.expires ? new Date(cookie.expires).getTime() : NaN;
  if (Number.isNaN(date)) return { at: now, cookie };
  const setAt = date - cookie.originalMaxAge;
  const isApart = !(setAt >= now - LONG_REQUEST && setAt <= now + SLACK);
  return { at: now, cookie, expires: new Date(date).toISOString(), isApart };
}

/**
 * The time to live that the session's cookie states, in milliseconds, or undefined where it states none, as that of a
 * session that lasts as long as the browser runs. `base` is what the request has loaded or saved, if anything.
 *
 * The age is what counts. A date counts where the application has set it, and not where it has grown old in the data:
 * that it was shown is no intent. express-session keeps the age in step with the date (`inStep`).
 */
function statedTtl(session, base, inStep) {
  const cookie = session?.cookie;
  if (!isObject(cookie)) return undefined;
  const now = Date.now();
  const age = cookie.originalMaxAge;
  const own = ownAge(cookie);
  if (base?.loaded && Number.isFinite(own) && own !== base.loaded.cookie?.maxAge) return atMost(own);
  const date = cookie.expires ? new Date(cookie.expires).getTime() : NaN;
  if (Number.isFinite(age) && !isSetApart(cookie, date, base, inStep, now)) return atMost(age);
  if (!Number.isNaN(date)) return ttlUntil(date, age, base, now);
  return Number.isFinite(own) ? atMost(own) : undefined;
}

/** Whether the date was set for itself, and does not follow from the age. */
function isSetApart(cookie, date, base, inStep, now) {
  if (Number.isNaN(date)) return false;
  if (base?.loaded) {
    const setAt = date - cookie.originalMaxAge;
    if (isShown(date, base)) return base.loaded.isApart === true;
    return !(setAt >= base.loaded.at - SLACK && setAt <= now + SLACK);
  }
  // A plain object is data, and in a Cookie of @fastify/session the date may be any.
  return !inStep && Object.hasOwn(cookie, '_expires');
}

function ttlUntil(date, age, base, now) {
  if (isShown(date, base)) return date > now ? date - now : undefined;
  // In @fastify/session, `cookie.maxAge = null` sets the date to the present.
  if (date <= now && (age === null || age === false)) {
    const { at = now - LONG_REQUEST, cookie } = base?.loaded ?? {};
    if (typeof cookie?.originalMaxAge === 'number' || date >= at - SLACK) return undefined;
  }
  return atMost(date - now);
}

function isShown(date, base) {
  return base?.loaded?.expires !== undefined && date === Date.parse(base.loaded.expires);
}

/**
 * Where none is stated: what is left, and at least the default, so that a save or touch never shortens a session. A session
 * whose age was taken away has the default: what is left of it is from that age.
 */
function unstatedTtl(base, least) {
  const hadAge = base?.loaded && ageOf({ cookie: base.loaded.cookie }) !== undefined;
  return base?.end === undefined || hadAge ? least : Math.max(least, base.end - Date.now());
}

/** What middlewares state may be more than the engine takes. */
function atMost(ttl) {
  return Math.min(ttl, LONGEST);
}

module.exports = { ageOf, atMost, endOf, isoText, savedTimes, showEnd, statedTtl, unstatedTtl };

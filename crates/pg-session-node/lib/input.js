'use strict';

const { invalidInput } = require('./errors.js');

/** What only JavaScript can check of what a method is given. Each answers it as Rust takes it, or throws. */

// Node 18 has no such method.
const isWellFormed = String.prototype.isWellFormed
  ? (text) => text.isWellFormed()
  : (text) => !/\p{Surrogate}/u.test(text);

function id(sid) {
  if (typeof sid !== 'string') throw invalidInput('the session id must be a string');
  // As UTF-8, all lone surrogates are one: different ids would be the same.
  if (!isWellFormed(sid)) throw invalidInput('the session id has half of a surrogate pair: it is no text');
  return sid;
}

/**
 * What koa-generic-session's deferred mode makes of no id: its prefix, by habit with a separator at its end, and
 * `undefined`. It would be one row for all visitors. An id of its own may end so too: `genSid` may append anything.
 */
const PREFIX_ALONE = /(^|[^\w-])undefined$/;

/** The id of a session that is about to be stored. */
function newId(sid) {
  if (typeof sid === 'string' && sid.endsWith('undefined') && PREFIX_ALONE.test(sid)) {
    throw invalidInput('the session id is undefined: in deferred mode, `await ctx.session` before you assign to it');
  }
  return id(sid);
}

/** Whose sessions: as JSON has it, but for the quotes of a string. */
function subject(value) {
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw invalidInput('the subject must be a string, a number or a boolean, as the data has it');
  }
  return String(value);
}

function json(session) {
  let text;
  try {
    text = JSON.stringify(session);
  } catch (error) {
    throw invalidInput('the session cannot be written as JSON; the cause says why', error);
  }
  if (text === undefined) throw invalidInput('the session is no data that JSON has; give an object');
  return text;
}

/** Whether it says nothing: koa-session says `session`, and the cookies of others say false. */
function isUnstated(ttl) {
  return ttl === undefined || ttl === null || ttl === false || ttl === 'session';
}

function milliseconds(ttl) {
  if (isUnstated(ttl)) return undefined;
  if (typeof ttl !== 'number' || Number.isNaN(ttl)) {
    throw invalidInput('the time to live must be a number of milliseconds, or left out for the default');
  }
  return ttl;
}

module.exports = { id, newId, subject, json, isUnstated, milliseconds };

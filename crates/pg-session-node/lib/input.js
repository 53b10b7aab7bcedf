'use strict';

/** Checks of arguments that only JavaScript can make. Each function returns the value for the addon, or throws. */

const { invalidInput } = require('./errors.js');

// Node 18 does not have `isWellFormed`.
const isWellFormed = String.prototype.isWellFormed
  ? (text) => text.isWellFormed()
  : (text) => !/\p{Surrogate}/u.test(text);

function id(sid) {
  requireText(sid);
  // In UTF-8, all lone surrogates become the same character, so different ids would become equal.
  if (!isWellFormed(sid)) throw invalidInput('the session id contains a lone surrogate, which UTF-8 cannot encode');
  return sid;
}

/** Checks the id of a session that may exist. No session has the empty id, or one that cannot be encoded. */
function knownId(sid) {
  requireText(sid);
  return isWellFormed(sid) ? sid : '';
}

function requireText(sid) {
  if (typeof sid !== 'string') throw invalidInput(`the session id must be a string, not ${typeName(sid)}`);
}

/**
 * The id that koa-generic-session's deferred mode makes without an id: its prefix, which ends in a separator, and
 * `undefined`. All visitors would share this row. An id without a separator there is valid, because `genSid` may append
 * anything.
 */
const PREFIX_AND_UNDEFINED = /(^|[^\w-])undefined$/;

/** Checks the id of a session that is about to be stored. */
function newId(sid) {
  if (typeof sid === 'string' && sid.endsWith('undefined') && PREFIX_AND_UNDEFINED.test(sid)) {
    throw invalidInput('the session id is undefined: in deferred mode, `await ctx.session` before you assign to it');
  }
  return id(sid);
}

/** Returns the subject as text: its JSON, without the quotes of a string. */
function subject(value) {
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw invalidInput(`the subject must be a string, a number or a boolean, not ${typeName(value)}`);
  }
  const text = String(value);
  if (!isWellFormed(text)) throw invalidInput('the subject contains a lone surrogate, which UTF-8 cannot encode');
  return text;
}

function json(session) {
  let text;
  try {
    text = JSON.stringify(session);
  } catch (error) {
    throw invalidInput('the session cannot be written as JSON; the `cause` of this error says why', error);
  }
  if (text === undefined) throw invalidInput(`the session must be an object, not ${typeName(session)}`);
  return text;
}

/** Returns whether a time to live is missing: koa-session passes `session`, and cookies of other middlewares have false. */
function isUnstated(ttl) {
  return ttl === undefined || ttl === null || ttl === false || ttl === 'session';
}

function milliseconds(ttl) {
  if (isUnstated(ttl)) return undefined;
  if (typeof ttl !== 'number' || Number.isNaN(ttl)) {
    throw invalidInput('the time to live must be a number of milliseconds; leave it out for the default');
  }
  return ttl;
}

function typeName(value) {
  return value === null ? 'null' : typeof value;
}

module.exports = { isWellFormed, id, knownId, newId, subject, json, isUnstated, milliseconds };

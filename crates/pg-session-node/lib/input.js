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

/** The id of a session that is about to be stored. */
function newId(sid) {
  // koa-generic-session's deferred mode does this: prefix + undefined, one row for all visitors.
  if (typeof sid === 'string' && sid.endsWith('undefined')) {
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

function milliseconds(ttl) {
  if (ttl === undefined || ttl === null || ttl === 'session') return undefined;
  if (typeof ttl !== 'number' || Number.isNaN(ttl)) {
    throw invalidInput('the time to live must be a number of milliseconds, or left out for 45 minutes');
  }
  return ttl;
}

module.exports = { id, newId, subject, json, milliseconds };

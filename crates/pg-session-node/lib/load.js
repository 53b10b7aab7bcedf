'use strict';

const isObject = require('./is-object.js');
const { LoadedState, link, storedState } = require('./loaded.js');
const { expiryToShow, showExpiry } = require('./times.js');

/**
 * Parses a session that has `left` milliseconds, shows its expiry, and links it to its loaded state. Returns false if `text`
 * is null. koa-session's `ctx` is linked too.
 */
function load(store, sid, text, left, ctx) {
  if (text === null) return false;
  const session = JSON.parse(text);
  if (isObject(session)) {
    const now = Date.now();
    const expiry = expiryToShow(left, now);
    const stored = storedState(session, text);
    const times = { at: now, cookie: stored.fields.cookie, expires: showExpiry(session.cookie, expiry), _expire: undefined };
    const loaded = new LoadedState(store, sid, stored, now + left, times);
    link(session, loaded);
    if (ctx) {
      // koa-session drops a session whose `_expire` has passed.
      if (typeof session._expire === 'number') session._expire = times._expire = expiry;
      link(ctx, loaded);
    }
  }
  return session;
}

/** Parses pairs of id and session, and shows the expiry of each. */
function loadAll(text) {
  const now = Date.now();
  return JSON.parse(text).map(([sid, session, left]) => {
    showExpiry(session?.cookie, expiryToShow(left, now));
    return [sid, session];
  });
}

module.exports = { load, loadAll };

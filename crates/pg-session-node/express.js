'use strict';

const { Store } = require('express-session');
const withCallbacks = require('./lib/callbacks.js');
const { PgSessionError } = require('./lib/errors.js');
const { link, linkCopy, linkedState, takenState } = require('./lib/loaded.js');

/** The store for express-session, which copies a loaded session into a `Session`, and makes a new one for a new id. */
class PgStore extends withCallbacks(Store, { ageFollowsDate: true }) {
  createSession(req, found) {
    const session = super.createSession(req, found);
    // A cache of the application may give the same object to several sessions.
    const loaded = linkedState(found)?.copy();
    if (loaded) link(session, loaded);
    return session;
  }

  regenerate(req, callback) {
    const { session, sessionID } = req;
    this.take(sessionID, (error, taken) => {
      this.generate(req);
      const loaded = linkCopy(session, req.session);
      if (!error) loaded?.markTaken(sessionID, takenState(taken));
      callback(error);
    });
  }
}

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.PgSessionError = PgSessionError;
module.exports.default = PgStore;

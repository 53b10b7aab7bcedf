'use strict';

const { Store } = require('express-session');
const { carry, leftOf } = require('./lib/bases.js');
const withCallbacks = require('./lib/callbacks.js');
const { PgSessionError } = require('./lib/errors.js');

/** express-session copies what the store hands out into a `Session`, and makes a new one of that for a new id. */
class PgStore extends withCallbacks(Store, { inStep: true }) {
  createSession(req, found) {
    const session = super.createSession(req, found);
    carry(found, session);
    return session;
  }

  regenerate(req, callback) {
    const { session, sessionID } = req;
    this.take(sessionID, (error, found) => {
      this.generate(req);
      const base = carry(session, req.session);
      if (!error) base?.taken(sessionID, leftOf(found));
      callback(error);
    });
  }
}

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.PgSessionError = PgSessionError;
module.exports.default = PgStore;

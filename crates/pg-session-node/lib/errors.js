'use strict';

/** The error of every failure. `code` is its kind; `retryable` says whether it is safe to repeat the call. */
class PgSessionError extends Error {
  constructor({ code, message, sqlState, retryable = false, cause }) {
    super(message, cause && { cause });
    this.code = code;
    this.sqlState = sqlState;
    this.retryable = retryable;
  }
}
PgSessionError.prototype.name = 'PgSessionError';

const kind = (code) => (message, cause) => new PgSessionError({ code: `PG_SESSION_${code}`, message, cause });

module.exports = {
  PgSessionError,
  configuration: kind('CONFIGURATION'),
  invalidInput: kind('INVALID_INPUT'),
};

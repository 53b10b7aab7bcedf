'use strict';

const { configuration } = require('./errors.js');
const { keep } = require('./function.js');

/** Wraps the function of an application that returns a password, so that it always resolves to what Rust reads. */
function loggingIn(makePassword) {
  return async () => {
    try {
      const password = await makePassword();
      if (typeof password === 'string') return { password };
      throw configuration(`it must return a string or a Promise of one, not ${password === null ? 'null' : typeof password}`);
    } catch (error) {
      const message = `cannot log in: the function for the password failed: ${String(error?.message ?? error)}`;
      return { message, cause: keep(error), isMistake: error?.code === 'PG_SESSION_CONFIGURATION' };
    }
  };
}

module.exports = { loggingIn };

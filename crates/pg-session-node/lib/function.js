'use strict';

/** The application's function, wrapped so that it always resolves, to what Rust reads: rows of text, or why not. */
function answering(query) {
  return async (sql, params) => {
    try {
      return { rows: rows(await query(sql, params)) };
    } catch (error) {
      return { code: sqlState(error), message: String(error?.message ?? error) };
    }
  };
}

/** The columns in their order, be a row an array or an object. */
function rows(result) {
  const found = Array.isArray(result) ? result : result?.rows;
  if (!Array.isArray(found)) {
    throw new TypeError('the function of the connection must resolve to an array of rows, or to an object with `rows`');
  }
  return found.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))));
}

/** PostgreSQL's code; not one of the system, such as EPIPE, which has no digit. */
function sqlState(error) {
  const code = error?.code;
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

module.exports = { answering };

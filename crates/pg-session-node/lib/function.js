'use strict';

const { configuration } = require('./errors.js');

const ADVICE = 'for example (sql, params) => pool.query(sql, params)';

/** Errors of programs. A driver that fetches throws TypeErrors where the network fails, and says so in their cause. */
const MISTAKES = new Set(['TypeError', 'ReferenceError', 'SyntaxError', 'RangeError']);

/** What the application's functions threw last: errors cross Rust as plain data, with a place here. */
const thrown = new Array(256);
let count = 0;

/** The application's function, wrapped so that it always resolves, to what Rust reads: rows of text, or why not. */
function answering(query) {
  return async (sql, params) => {
    try {
      return { rows: rows(await query(sql, params)) };
    } catch (error) {
      return failure(error);
    }
  };
}

function failure(error) {
  const code = sqlState(error);
  const cause = count++ % thrown.length;
  thrown[cause] = error;
  const message = String(error?.message ?? error);
  if (code) return { code, message, cause };
  if (error?.code === 'PG_SESSION_CONFIGURATION') return { message, cause, isMistake: true };
  const isMistake = MISTAKES.has(error?.name) && error.cause === undefined;
  const advice = isMistake ? `; if it is a method of an object, it must be called as one, ${ADVICE}` : '';
  return { message: `the function of the connection failed: ${message}${advice}`, cause, isMistake };
}

/** What was thrown, by its place. */
function causeAt(place) {
  return thrown[place];
}

/** The columns in their order, be a row an array or an object. */
function rows(result) {
  const found = rowsOf(result);
  if (!found?.every((row) => typeof row === 'object' && row !== null)) {
    throw configuration(
      `the function of the connection resolved to ${shapeOf(result)}: it must resolve to an array of rows, to an object ` +
        `with \`rows\`, or to a pair of an array of rows and what else there is to tell, ${ADVICE}`,
    );
  }
  return found.map((row) => Object.values(row).map(text));
}

function rowsOf(result) {
  if (!Array.isArray(result)) return Array.isArray(result?.rows) ? result.rows : undefined;
  // Some answer pairs: of the rows, and of their number or of other data.
  const isPair = result.length === 2 && Array.isArray(result[0]) && !Array.isArray(result[1]);
  return isPair ? result[0] : result;
}

function shapeOf(result) {
  if (Array.isArray(result)) return `an array with ${result.some((row) => row === null) ? 'null' : typeof result[0]}`;
  if (result === null || typeof result !== 'object') return String(result);
  return `an object with ${Object.keys(result).map((key) => `\`${key}\``).join(', ') || 'nothing'}`;
}

/** Every column is text in the SQL. */
function text(value) {
  if (typeof value === 'string' || value === null) return value;
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString();
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return String(value);
  throw configuration(
    'the function of the connection resolved to a column that is no text: leave out what parses text, or give the rows as ' +
      'PostgreSQL sends them',
  );
}

/** PostgreSQL's code, which some wrap in an error of their own; not one of the system, such as EPIPE, without a digit. */
function sqlState(error) {
  const errors = [error, error?.original, error?.driverError, error?.cause];
  const codes = errors.map((error) => error?.code);
  return codes.find((code) => typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code));
}

module.exports = { answering, causeAt };

'use strict';

const { configuration } = require('./errors.js');

const ADVICE = 'for example (sql, params) => pool.query(sql, params)';

/** Errors of faulty code. A driver that uses `fetch` also throws a TypeError if the network fails, but with a cause. */
const MISTAKES = new Set(['TypeError', 'ReferenceError', 'SyntaxError', 'RangeError']);

/** Properties in which query builders keep the statement and its parameters. */
const QUERY_PROPERTIES = ['parameters', 'params', 'bindings', 'sql', 'query'];

/** Shorter parameters occur in messages by chance. */
const SHORTEST_SECRET = 3;

/** How much of a parameter identifies it, because messages may truncate it. */
const SECRET_START = 32;

/** How many values of an error are searched for parameters. An error with more is not exposed. */
const MAX_VALUES = 1000;

/** In milliseconds. Rust asks for a cause as soon as a call has failed, if at all. */
const KEPT_FOR = 10_000;

/**
 * Errors cross Rust as numbers, which are the keys here. Rust never asks for the cause of a failure that it retries, or
 * of one that comes after the timeout, so entries also expire: each lives at least one interval and at most two.
 */
let recent = new Map();
let older = new Map();
let count = 0;

setInterval(() => {
  older = recent;
  recent = new Map();
}, KEPT_FOR).unref();

/** Wraps the application's function so that it always resolves to what Rust reads: rows of text, or an error as data. */
function answering(query) {
  return async (sql, params) => {
    try {
      return { rows: rows(await query(sql, params)) };
    } catch (error) {
      return failure(error, secretsOf(sql, params));
    }
  };
}

/** Returns an error as data. It contains no parameter of the statement. */
function failure(error, secrets) {
  const errors = chainOf(error);
  // Wrappers may copy the code and write the parameters into their message. The innermost error is PostgreSQL's own.
  const refusal = errors.findLast((error) => isSqlState(error?.code));
  if (refusal) return { code: refusal.code, message: messageOf(refusal, secrets) };
  const cause = keep(errors.find((error) => !reveals(error, secrets)));
  const message = messageOf(errors.find((error) => !hasQuery(error)) ?? errors.at(-1), secrets);
  if (error?.code === 'PG_SESSION_CONFIGURATION') return { message, cause, isMistake: true };
  const isMistake = MISTAKES.has(error?.name) && error.cause === undefined;
  const advice = isMistake ? `; if it is a method of an object, call it as one, ${ADVICE}` : '';
  return { message: `the function of the connection failed: ${message}${advice}`, cause, isMistake };
}

/** Returns the error and the errors that it wraps, from the outside in. An error may be its own cause. */
function chainOf(error) {
  const chain = new Set();
  let inner = error;
  do {
    chain.add(inner);
    inner = inner?.driverError ?? inner?.original ?? inner?.parent ?? inner?.cause ?? undefined;
  } while (inner !== undefined && !chain.has(inner));
  return [...chain];
}

/** Returns the parameters to keep secret: ids and data. Those of the statement that looks for the table are only names. */
function secretsOf(sql, params) {
  if (sql.includes('pg_catalog.pg_namespace')) return [];
  const starts = params.filter((param) => param.length >= SHORTEST_SECRET).map((param) => param.slice(0, SECRET_START));
  return [...new Set(starts.flatMap((start) => [start, JSON.stringify(start).slice(1, -1)]))];
}

function messageOf(error, secrets) {
  const message = String(error?.message ?? error);
  if (!quotes(message, secrets)) return message;
  const name = String(error?.name ?? 'Error');
  const shown = quotes(name, secrets) ? 'Error' : name;
  return `${shown} (its message is left out because it contains a parameter of the statement)`;
}

function quotes(text, secrets) {
  return secrets.some((secret) => text.includes(secret));
}

function hasQuery(error) {
  return typeof error === 'object' && error !== null
    && QUERY_PROPERTIES.some((name) => Object.hasOwn(error, name) && error[name] !== undefined);
}

/** Returns whether the error contains a parameter in anything that a log could print, including its causes. */
function reveals(error, secrets) {
  try {
    const values = new Set([error]);
    // The iteration includes values that are added during it.
    for (const value of values) {
      if (['string', 'number', 'bigint'].includes(typeof value) && quotes(String(value), secrets)) return true;
      if (typeof value !== 'object' || value === null) continue;
      if (values.size > MAX_VALUES || hasQuery(value)) return true;
      for (const part of partsOf(value)) values.add(part);
    }
    return false;
  } catch {
    // A getter threw, so the rest is unknown.
    return true;
  }
}

function partsOf(value) {
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()];
  if (value instanceof Map || value instanceof Set) return value;
  return Reflect.ownKeys(value).flatMap((key) => {
    // The frames of a stack are paths, which may contain a short id.
    const part = key === 'stack' ? String(value.stack).replace(/^ +at .*$/gm, '') : value[key];
    return [key, part];
  });
}

/** Returns the number by which `causeAt` finds the error, if there is one. */
function keep(cause) {
  if (cause === undefined) return undefined;
  // Rust reads 32 bits. An error that had this number 2^32 failures ago has expired.
  count = (count + 1) >>> 0;
  recent.set(count, cause);
  return count;
}

/**
 * Returns the error that was kept under the number, or undefined if it has expired. Calls that waited for the same setup
 * share its error, so the first one does not delete it; from then on, only the calls keep it alive.
 */
function causeAt(number) {
  const kept = recent.has(number) ? recent : older;
  const cause = kept.get(number);
  if (cause instanceof WeakRef) return cause.deref();
  if (typeof cause === 'object' && cause !== null) kept.set(number, new WeakRef(cause));
  return cause;
}

/** Returns the rows as arrays of text. A row may be an array or an object. */
function rows(result) {
  const found = rowsOf(result);
  if (!found?.every((row) => typeof row === 'object' && row !== null)) {
    throw configuration(
      `the function of the connection resolved to ${shapeOf(result)}: it must resolve to an array of rows, to an object ` +
        `with \`rows\`, or to a pair of an array of rows and other data, ${ADVICE}`,
    );
  }
  return found.map((row) => Object.values(row).map(text));
}

function rowsOf(result) {
  if (!Array.isArray(result)) return Array.isArray(result?.rows) ? result.rows : undefined;
  // Some clients return a pair: the rows, and their number or other data.
  const isPair = result.length === 2 && Array.isArray(result[0]) && !Array.isArray(result[1]);
  return isPair ? result[0] : result;
}

/** Describes a result without its text, which may be an id or data. */
function shapeOf(result) {
  if (Array.isArray(result)) return `an array with ${result.some((row) => row === null) ? 'null' : typeof result[0]}`;
  if (['string', 'function', 'symbol'].includes(typeof result)) return `a ${typeof result}`;
  if (result === null || typeof result !== 'object') return String(result);
  const names = Object.keys(result).filter((key) => /^[a-z]\w{0,15}$/i.test(key));
  return `an object with ${names.map((name) => `\`${name}\``).join(', ') || 'nothing'}`;
}

/** Converts a column to text, as the SQL selects it. */
function text(value) {
  if (typeof value === 'string' || value === null) return value;
  if (value === undefined) return null;
  // The class may be of another realm.
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return String(value);
  throw configuration(
    'the function of the connection resolved to a column that is not text: disable type parsers, so that it returns rows ' +
      'as PostgreSQL sends them',
  );
}

/** Returns whether a code is PostgreSQL's. Those of the system, such as EPIPE, have no digit. */
function isSqlState(code) {
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code);
}

module.exports = { answering, causeAt, keep };

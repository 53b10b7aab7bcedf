'use strict';

const { isMissing, isPlain } = require('./arguments.js');
const { queryOf } = require('./clients.js');
const { connectionString } = require('./connection-object.js');
const { clean, hrefOf } = require('./connection-text.js');
const { configuration } = require('./errors.js');
const { answering } = require('./function.js');
const isObject = require('./is-object.js');
const { loggingIn } = require('./password.js');

/**
 * Converts the application's connection into what the addon accepts: a connection string, or a function that returns rows, as
 * `target`, and perhaps a function that returns the password. Without a connection, it is the one of the environment.
 */
function reach(connection) {
  if (isObject(connection) || typeof connection === 'function') {
    const query = queryOf(connection);
    if (query) return { target: answering(query) };
  }
  const text = typeof connection === 'string' ? connection : hrefOf(connection);
  if (isMissing(text ?? connection)) return { target: connectionString({}) };
  if (text !== undefined) return { target: clean(text) };
  const problem = problemWith(connection);
  if (problem) {
    throw configuration(
      `the connection must not be ${problem}: pass a URL such as postgres://user:password@localhost/app, an object such as ` +
        '{ host, user, password, database }, a pool or client, or a function (sql, params) => Promise of rows; or pass ' +
        'nothing, and set the environment variable DATABASE_URL',
    );
  }
  if (typeof connection === 'function') return { target: answering(connection) };
  if (typeof connection.password !== 'function') return { target: connectionString(connection) };
  const { password, ...others } = connection;
  return { target: connectionString(others), password: loggingIn(() => password.call(connection)) };
}

/** Properties of modules that are functions: express-session, knex, postgres, and pg-promise after its initialization. */
const MODULES = ['Store', 'knex', 'PostgresError', 'pg'];

/** Describes what is no connection, without its value. Returns undefined for a function and for an object of settings. */
function problemWith(value) {
  if (value === null) return 'null';
  if (typeof value === 'function') {
    if (MODULES.some((name) => Object.hasOwn(value, name))) return 'a module; create a client with it';
    return isClass(value) ? 'a class; create an instance of it' : undefined;
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (typeof value.then === 'function') return 'a Promise; await it first';
  if (typeof value.Pool === 'function' && typeof value.Client === 'function') {
    return 'the module pg itself; create a pool: new pg.Pool({ … })';
  }
  if (typeof value.$queryRawUnsafe === 'function') return 'a client of Prisma; pass the URL of its data source';
  const [, kind] = /^\[object (.*)\]$/.exec(Object.prototype.toString.call(value));
  if (kind === 'Module') return 'a module; pass one of its exports';
  if (kind !== 'Object') return `of the type ${kind}`;
  const isBare = !isPlain(value) && Object.keys(value).length === 0;
  return isBare ? 'an object of a class without settings and without a method `query`' : undefined;
}

/** Classes of older versions of pg are functions with methods. */
function isClass(value) {
  return /^class\b/.test(Function.prototype.toString.call(value)) || typeof value.prototype?.query === 'function';
}

module.exports = { reach };

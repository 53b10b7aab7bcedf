'use strict';

const { queryOf } = require('./clients.js');
const { configuration } = require('./errors.js');
const isObject = require('./is-object.js');
const { withAdvice } = require('./peers.js');

/** The names under which other stores take a client or a pool. */
const CLIENT_NAMES = ['pool', 'client', 'pgPromise', 'knex', 'db'];

/**
 * Returns the connection and the options of a store. A client is also accepted where other stores take it: in an option named
 * `pool` or `client`, or in such a property of the first argument.
 */
function argumentsOf(connection, options) {
  const [client, others] = takeClient(options);
  if (client === undefined) return [alone(connection), options];
  if (isClient(connection) || !isMissing(connection)) {
    throw configuration('the connection is given twice, as the first argument and in an option; use only one of them');
  }
  return [client, others];
}

/** Returns the client in the first argument, if it has one, and the first argument otherwise. */
function alone(connection) {
  if (!isObject(connection) || isClient(connection)) return connection;
  const [client, others] = takeClient(connection);
  if (client === undefined) return connection;
  if (isMissing(others)) return client;
  const names = Object.keys(others).map(withAdvice).join(', ');
  throw configuration(`pass the options as the second argument, new PgStore(pool, { … }): ${names}`);
}

function takeClient(object) {
  if (!isObject(object)) return [undefined, object];
  const absent = CLIENT_NAMES.find((name) => Object.hasOwn(object, name) && object[name] === undefined);
  if (absent) throw configuration(`\`${absent}\` is undefined: create it before the store, and look for a circular import`);
  const name = CLIENT_NAMES.find((name) => isClient(object[name]));
  if (name === undefined) return [undefined, object];
  const { [name]: client, ...others } = object;
  return [client, others];
}

function isClient(value) {
  return (isObject(value) || typeof value === 'function') && queryOf(value) !== undefined;
}

/** Returns whether a connection says nothing: undefined, an empty string, or a plain object without a value. */
function isMissing(connection) {
  if (!isObject(connection)) return connection === undefined || (typeof connection === 'string' && connection.trim() === '');
  return isPlain(connection) && Object.values(connection).every((value) => value === undefined);
}

/** Returns whether an object has no class. The `Object` of another realm is another one. */
function isPlain(object) {
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

module.exports = { argumentsOf, isMissing, isPlain };

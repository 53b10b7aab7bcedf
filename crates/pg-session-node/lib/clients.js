'use strict';

/** Clients, pools and query builders of applications, and how each runs a statement. */

const { randomUUID } = require('node:crypto');

/** Type parsers that leave every value as PostgreSQL sends it, even if the application has set others. */
const types = { getTypeParser: () => (value) => value };

const has = (object, ...methods) => methods.every((name) => typeof object[name] === 'function');

/** The kinds of clients, in the order in which they are tried. `is` checks the members that identify a kind. */
const KINDS = [
  {
    // Drizzle, over any other client
    is: (db) => '$client' in db,
    query: (db) => queryOf(db.$client),
  },
  {
    // pg-promise, over a Pool of pg
    is: (db) => '$pool' in db && has(db, 'any', 'query'),
    query: (db) => queryOf(db.$pool),
  },
  {
    // Knex
    is: (knex) => has(knex, 'raw') && has(knex.client ?? {}, 'acquireConnection', 'releaseConnection'),
    query: ({ client }) => async (sql, params) => {
      const connection = await client.acquireConnection();
      try {
        return await queryOf(connection)(sql, params);
      } finally {
        await client.releaseConnection(connection);
      }
    },
  },
  {
    // postgres.js
    is: (sql) => has(sql, 'unsafe', 'begin'),
    query: (sql) => (text, params) => sql.unsafe(text, params).raw(),
  },
  {
    // Kysely
    is: (db) => has(db, 'executeQuery', 'getExecutor'),
    query: (db) => (sql, parameters) => {
      const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] };
      return db.executeQuery({ sql, parameters, query, queryId: { queryId: randomUUID() } });
    },
  },
  {
    // Sequelize
    is: (sequelize) => has(sequelize, 'query', 'getDialect'),
    query: (sequelize) => (sql, bind) => sequelize.query(sql, { bind, raw: true }),
  },
  {
    // PGlite
    is: (db) => has(db, 'query', 'execProtocol'),
    query: (db) => (sql, params) => db.query(sql, params, { rowMode: 'array' }),
  },
  {
    // A Pool or a Client of pg, or a compatible one
    is: (client) => has(client, 'query', 'connect', 'end'),
    query: (client) => {
      const query = (text, values) => client.query({ text, values, rowMode: 'array', types });
      return 'totalCount' in client ? query : oneByOne(query);
    },
  },
  {
    // A DataSource of TypeORM, or any other object with such a method
    is: (client) => has(client, 'query'),
    query: (client) => (sql, params) => client.query(sql, params),
  },
];

/** Returns a function of a statement and its parameters that runs it, or undefined if this is no known client. */
function queryOf(client) {
  if (client === undefined || client === null) return undefined;
  return KINDS.find(({ is }) => is(client))?.query(client);
}

/** Runs one query at a time, because pg warns if a client gets several. */
function oneByOne(query) {
  let last = Promise.resolve();
  return (...args) => {
    const answer = last.then(() => query(...args));
    last = answer.catch(() => {});
    return answer;
  };
}

module.exports = { queryOf };

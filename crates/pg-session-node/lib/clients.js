'use strict';

const { randomUUID } = require('node:crypto');

/** Clients, pools and query builders that an application may have, and how each runs a statement. */

/** Leaves every value as PostgreSQL sends it, whatever parsers the application has set. */
const types = { getTypeParser: () => (value) => value };

const has = (object, ...methods) => methods.every((name) => typeof object[name] === 'function');

/** In the order in which they are asked. `is` looks at nothing but what makes one of its kind. */
const KINDS = [
  {
    // Drizzle, over any of the others
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
    // A Pool or a Client of pg, and what is made like them.
    is: (client) => has(client, 'query', 'connect', 'end'),
    query: (client) => {
      const query = (text, values) => client.query({ text, values, rowMode: 'array', types });
      return 'totalCount' in client ? query : oneByOne(query);
    },
  },
  {
    // A DataSource of TypeORM, and whatever else has such a method.
    is: (client) => has(client, 'query'),
    query: (client) => (sql, params) => client.query(sql, params),
  },
];

/** How the client runs a statement: a function of it and its parameters; undefined if this is no client that is known. */
function queryOf(client) {
  if (client === undefined || client === null) return undefined;
  return KINDS.find(({ is }) => is(client))?.query(client);
}

/** A single connection runs one statement at a time; pg warns of more. */
function oneByOne(query) {
  let last = Promise.resolve();
  return (...args) => {
    const answer = last.then(() => query(...args));
    last = answer.catch(() => {});
    return answer;
  };
}

module.exports = { queryOf };

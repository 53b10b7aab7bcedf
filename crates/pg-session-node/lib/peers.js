'use strict';

/** Options of other session stores and of middlewares, and what to use instead. */

const SWEEP = 'use `cleanupTime`, in milliseconds; 0 turns it off';
const TTL = 'use `ttl`, in milliseconds';
const CONNECTION = 'pass the connection as the first argument';
const NO_TOUCH = 'leave it out; a touch writes only once in `touchEvery`';
const JSON_ONLY = 'leave it out; a session is stored as JSON';
const NO_ERRORS = 'leave it out; errors reach the caller, and the background sweeper emits process warnings';
const NOT_NEEDED = 'leave it out; it is not needed';
const MIDDLEWARE = 'pass it to the session middleware';

/** The advice for each name, in groups. */
const GROUPS = [
  // connect-pg-simple, and the connections of the others
  [CONNECTION, ['conString', 'conObject', 'connectionString', 'pool', 'client', 'pgPromise', 'knex', 'db', 'connection']],
  [CONNECTION, ['url', 'uri', 'databaseUrl', 'pg', 'sequelize', 'dataSource', 'prisma', 'mongoUrl', 'clientPromise']],
  ['use `schema`', ['schemaName']],
  ['use `table`', ['tableName', 'tablename', 'collectionName', 'sessionModelName']],
  ['use `create`', ['createTableIfMissing', 'createTable', 'createtable', 'createDatabaseTable']],
  [NO_TOUCH, ['disableTouch']],
  [`${SWEEP}; the store of connect-pg-simple takes seconds`, ['pruneSessionInterval']],
  ['leave it out; the interval varies by a tenth anyway', ['pruneSessionRandomizedInterval']],
  [NO_ERRORS, ['errorLog', 'onError', 'onDbCleanupError', 'logFn', 'logErrors']],
  // connect-redis
  ['leave it out, and use another `table` for each application', ['prefix', 'dbName']],
  ['leave it out; a session always expires, after `ttl` if its cookie has no age', ['disableTTL']],
  [NOT_NEEDED, ['scanCount', 'retries', 'factor', 'minTimeout', 'maxTimeout', 'reapAsync', 'reapMaxConcurrent']],
  [JSON_ONLY, ['serializer', 'serialize', 'unserialize', 'stringify', 'encoder', 'decoder', 'encoding', 'crypto']],
  // connect-mongo, and stores in files, in memory, and over Knex, Sequelize, MySQL, TypeORM and Prisma
  ['use `touchEvery`, in milliseconds', ['touchAfter', 'touchInterval']],
  [SWEEP, ['autoRemove', 'autoRemoveInterval', 'reapInterval', 'checkPeriod', 'checkExpirationInterval', 'clearExpired']],
  [SWEEP, ['clearInterval', 'cleanupInterval', 'disableDbCleanup', 'cleanup_interval', 'cleanupLimit']],
  [TTL, ['expiration', 'expires', 'expiresIn', 'sessionTTL']],
  ['use `idColumn`', ['sidfieldname', 'sidFieldName', 'sidColumn', 'modelKey']],
  ['use `idColumn`, `expiryColumn` and `dataColumn`', ['columnNames', 'columns']],
  ['leave it out; the store never closes your own client or pool', ['endConnectionOnClose']],
  // express-session, koa-session, koa-generic-session and @fastify/session
  [MIDDLEWARE, ['secret', 'cookie', 'cookieName', 'name', 'key', 'rolling', 'renew', 'resave', 'saveUninitialized']],
  [MIDDLEWARE, ['genid', 'genSid', 'idGenerator', 'signed', 'httpOnly', 'secure', 'sameSite', 'store', 'ContextStore']],
];

const ADVICE = new Map(GROUPS.flatMap(([advice, names]) => names.map((name) => [name, advice])));

/** Returns what to use instead of an option of another package, or undefined if no package that we know has it. */
function adviceFor(name) {
  return ADVICE.get(name);
}

/** Returns the name, with the advice if there is one. */
function withAdvice(name) {
  const advice = adviceFor(name);
  return advice ? `\`${name}\` (${advice})` : `\`${name}\``;
}

module.exports = { adviceFor, withAdvice };

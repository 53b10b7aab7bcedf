'use strict';

/**
 * The connection that the environment describes. The addon reads the environment too, but only that of the process: the
 * `process.env` of a worker, and of a test in jest, is a copy.
 */

const { configuration } = require('./errors.js');

/** The variables of libpq, and the parameters that they set. The first ones say where the database is. */
const WHERE = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGSERVICE: 'service',
};
const HOW = {
  PGPASSWORD: 'password',
  PGPASSFILE: 'passfile',
  PGOPTIONS: 'options',
  PGAPPNAME: 'application_name',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
  PGLOADBALANCEHOSTS: 'load_balance_hosts',
  PGCHANNELBINDING: 'channel_binding',
  PGREQUIREAUTH: 'require_auth',
  PGSSLMODE: 'sslmode',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGSSLSNI: 'sslsni',
  PGSSLMINPROTOCOLVERSION: 'ssl_min_protocol_version',
  PGSSLMAXPROTOCOLVERSION: 'ssl_max_protocol_version',
};

/** Returns the parameters that the variables of libpq set. An empty variable counts as none. */
function parameters() {
  const names = Object.entries({ ...WHERE, ...HOW });
  return new Map(names.filter(([variable]) => process.env[variable]).map(([variable, name]) => [name, process.env[variable]]));
}

/** Returns the URL in `DATABASE_URL`, or undefined if the variables of libpq describe the connection. */
function databaseUrl() {
  const url = process.env.DATABASE_URL?.trim();
  if (url) return url;
  if (Object.keys(WHERE).some((variable) => process.env[variable])) return undefined;
  const other = Object.keys(process.env).find((name) => /^postgres(ql)?:\/\//.test(process.env[name]));
  throw configuration(
    'the connection is missing: set the environment variable DATABASE_URL, for example to ' +
      'postgres://user:password@localhost/app, or PGHOST, PGUSER, PGPASSWORD and PGDATABASE; or pass a connection, a pool ' +
      'or a client to the store. ' +
      (other ? `The variable ${other} has a URL: pass process.env.${other}` : 'If a .env file has them, load it first'),
  );
}

module.exports = { databaseUrl, parameters };

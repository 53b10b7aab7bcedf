'use strict';

const { after, before } = require('node:test');
const { Client, Pool } = require('pg');

/** Creates a database for the enclosing suite. Returns its URL, a client and a pool. */
function database() {
  const server = process.env.PG_SESSION_TEST_SERVER;
  if (!server) throw new Error('PG_SESSION_TEST_SERVER is not set; run `cargo xtask test`, which starts a server');
  const url = new URL(server);
  url.search = '';
  const administrator = new Client(url.href);
  const name = `test_node_${process.pid}`;
  url.pathname = name;
  const { href } = url;
  const database = { url: href, client: new Client(href), pool: new Pool({ connectionString: href, max: 3 }) };

  /**
   * Waits for closed clients to disconnect. DROP DATABASE would terminate them, with an error that is not handled. The connections
   * of a store that is not closed may be terminated.
   */
  const othersDisconnected = async () => {
    const deadline = Date.now() + 5000;
    const sql = "SELECT count(*)::int AS left FROM pg_stat_activity WHERE datname = $1 AND application_name <> 'pg-session'";
    while ((await administrator.query(sql, [name])).rows[0].left > 0 && Date.now() < deadline);
  };

  before(async () => {
    await administrator.connect();
    await administrator.query(`CREATE DATABASE ${name}`);
    await database.client.connect();
  });
  after(async () => {
    await Promise.all([database.client.end(), database.pool.end()]);
    await othersDisconnected();
    await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await administrator.end();
  });
  return database;
}

/** Returns the URL as a connection object of node-postgres. */
function parts(url) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  return { host, port: Number(port), user, password: decodeURIComponent(password), database: pathname.slice(1) };
}

module.exports = { database, parts };

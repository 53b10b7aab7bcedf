'use strict';

const { after, before } = require('node:test');
const { Client, Pool } = require('pg');

/** A database for the suite around, until that ends: its URL, a client and a pool in it. */
function database() {
  const server = process.env.PG_SESSION_TEST_SERVER;
  if (!server) throw new Error('there is no server to test on; run `cargo xtask test`, which starts one');
  const url = new URL(server);
  url.search = '';
  const administrator = new Client(url.href);
  const name = `test_node_${process.pid}`;
  url.pathname = name;
  const { href } = url;
  const database = { url: href, client: new Client(href), pool: new Pool({ connectionString: href, max: 3 }) };

  /** Clients that have ended may still be connected: a drop would end them by an error that nobody listens to. */
  const othersLeft = async () => {
    const deadline = Date.now() + 5000;
    const sql = 'SELECT count(*)::int AS left FROM pg_stat_activity WHERE datname = $1';
    while ((await administrator.query(sql, [name])).rows[0].left > 0 && Date.now() < deadline);
  };

  before(async () => {
    await administrator.connect();
    await administrator.query(`CREATE DATABASE ${name}`);
    await database.client.connect();
  });
  after(async () => {
    await Promise.all([database.client.end(), database.pool.end()]);
    await othersLeft();
    await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await administrator.end();
  });
  return database;
}

/** The parts of the URL, as node-postgres takes them in an object. */
function parts(url) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  return { host, port: Number(port), user, password: decodeURIComponent(password), database: pathname.slice(1) };
}

module.exports = { database, parts };

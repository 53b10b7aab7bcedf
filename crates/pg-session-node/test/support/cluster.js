'use strict';

const cluster = require('node:cluster');
const PgStore = require('pg-session');

/** Starts two children that write a session each, and prints both sessions. */
async function main() {
  const store = new PgStore(process.env.DATABASE_URL, { table: 'clustered' });
  await store.setup();
  if (cluster.isPrimary) {
    const exited = (child) => new Promise((resolve) => child.on('exit', resolve));
    await Promise.all([cluster.fork(), cluster.fork()].map(exited));
    console.log(await store.get('1'), await store.get('2'));
  } else {
    const { id } = cluster.worker;
    await store.set(String(id), { id });
    cluster.worker.disconnect();
  }
}

main();

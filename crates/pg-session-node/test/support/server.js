'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const readline = require('node:readline');

/** Starts a PostgreSQL server that can be stopped and restarted. It ends with this process. */
async function startServer() {
  const xtask = process.env.PG_SESSION_XTASK;
  if (!xtask) throw new Error('PG_SESSION_XTASK is not set; run `cargo xtask test`');
  const child = spawn(xtask, ['server'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const url = new URL((await lines.next()).value);
  url.search = '';
  const order = async (word) => {
    child.stdin.write(`${word}\n`);
    assert.equal((await lines.next()).value, word);
  };
  return { url: url.href, stop: () => order('stop'), start: () => order('start'), end: () => child.stdin.end() };
}

module.exports = { startServer };

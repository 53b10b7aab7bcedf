'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { database } = require('./support/database.js');
const { node } = require('./support/node.js');

const VERSIONS = [18, 20, 22];
const FOLDER = path.join(__dirname, '../../../target/node');

const program = (load) => `
  ${load}
  const store = new PgStore(process.env.DATABASE_URL);
  const own = new PgStore((sql, params) => pool.query(sql, params));
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, allowExitOnIdle: true });
  const forExpress = new ForExpress(process.env.DATABASE_URL);
  (async () => {
    await Promise.all([store.setup(), own.setup(), forExpress.setup()]);
    await store.set('a', { text: 'Zoë' });
    forExpress.get('a', async (error, { text }) => {
      console.log(process.versions.node.split('.')[0], text, await own.destroy('a'), await store.get('a'));
      await store.set('', {}).catch(({ code }) => console.log(code));
    });
  })();
`;
const COMMONJS = program(`
  const PgStore = require('pg-session');
  const ForExpress = require('pg-session/express');
  const pg = require('pg');
`);
const ESM = program(`
  import PgStore from 'pg-session';
  import { PgStore as ForExpress } from 'pg-session/express';
  import pg from 'pg';
`);

const programOf = (version) => path.join(FOLDER, `node_modules/node-${version}/bin/node`);
const isThere = (version) => fs.existsSync(programOf(version));

/** Installs all versions, unless they are installed or the registry is unreachable. */
function fetchAll() {
  const platform = `${process.platform}-${process.arch}`;
  const wanted = VERSIONS.map((version) => `node-${version}@npm:node-${platform}@${version}`);
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', FOLDER];
  fs.mkdirSync(FOLDER, { recursive: true });
  try {
    execFileSync('npm', ['install', ...options, ...wanted], { stdio: 'ignore', timeout: 180_000 });
  } catch {
    // Each test reports that it is skipped, and why.
  }
}

if (!VERSIONS.every(isThere)) fetchAll();

describe('every supported Node', () => {
  const { url } = database();

  for (const version of VERSIONS) {
    const skip = !isThere(version) && `npm cannot fetch Node ${version} here`;
    test(`of version ${version}`, { skip }, async () => {
      for (const [text, module] of [[COMMONJS, false], [ESM, true]]) {
        const output = `${version} Zoë true false\nPG_SESSION_INVALID_INPUT`;
        const options = { module, runtime: programOf(version), env: { DATABASE_URL: url } };
        assert.deepEqual(await node(text, options), { code: 0, output });
      }
    });
  }
});

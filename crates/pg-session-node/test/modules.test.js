'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');

const { node } = require('./support/node.js');

test('CommonJS exports the class itself, by name and as default', async () => {
  const PgStore = require('pg-session');
  assert.equal(typeof PgStore, 'function');
  assert.equal(PgStore.name, 'PgStore');
  assert.equal(PgStore.PgStore, PgStore);
  assert.equal(PgStore.default, PgStore);
});

test('ESM exports the same class by name and as default', async () => {
  const program = `
    import PgStore, { PgStore as named } from 'pg-session';
    import { createRequire } from 'node:module';
    console.log(PgStore === named, PgStore === createRequire(import.meta.url)('pg-session'), typeof PgStore);
  `;
  assert.deepEqual(await node(program, { module: true }), { code: 0, output: 'true true function' });
});

for (const entry of ['express', 'fastify']) {
  test(`pg-session/${entry} exports the class in CommonJS and ESM`, async () => {
    const PgStore = require(`pg-session/${entry}`);
    assert.deepEqual([PgStore.name, PgStore.PgStore, PgStore.default], ['PgStore', PgStore, PgStore]);
    const program = `
      import PgStore, { PgStore as named } from 'pg-session/${entry}';
      import { createRequire } from 'node:module';
      console.log(PgStore === named, PgStore === createRequire(import.meta.url)('pg-session/${entry}'));
    `;
    assert.deepEqual(await node(program, { module: true }), { code: 0, output: 'true true' });
  });
}

for (const entry of ['pg-session', 'pg-session/express', 'pg-session/fastify']) {
  test(`${entry} exports PgSessionError in CommonJS and ESM`, async () => {
    const PgStore = require(entry);
    assert.throws(() => new PgStore(null), PgStore.PgSessionError);
    assert.equal(PgStore.PgSessionError.name, 'PgSessionError');
    const program = `
      import PgStore, { PgSessionError } from '${entry}';
      try { new PgStore(null) } catch (error) { console.log(error instanceof PgSessionError, error.code) }
    `;
    const told = { code: 0, output: 'true PG_SESSION_CONFIGURATION' };
    assert.deepEqual(await node(program, { module: true }), told);
  });
}

test('the types fit real use in CommonJS and ESM', async () => {
  const tsc = require.resolve('typescript/bin/tsc');
  const check = promisify(execFile)(process.execPath, [tsc, '--project', path.join(__dirname, 'types')]);
  await check.catch((error) => assert.fail(error.stdout));
});

test('the types declare every option', () => {
  const { defaultOpts } = require('pg-session');
  const types = fs.readFileSync(path.join(__dirname, '../index.d.ts'), 'utf8');
  const [, options] = /export interface Options {(.*?)\n {2}}/s.exec(types);
  assert.deepEqual([...options.matchAll(/(\w+)\?:/g)].map(([, name]) => name).sort(), Object.keys(defaultOpts).sort());
});

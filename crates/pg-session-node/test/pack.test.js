'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { promisify } = require('node:util');

const { PLATFORMS, currentPlatform } = require('../lib/platform.js');
const { database } = require('./support/database.js');

const run = promisify(execFile);

const PROGRAM = `
  const PgStore = require('pg-session');
  const store = new PgStore(process.env.DATABASE_URL);
  store.setup().then(() => store.set('a', { n: 1 })).then(() => store.get('a')).then(console.log);
`;

describe('the packages, installed alone', () => {
  const { url } = database();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pg-session-pack-'));
  const modules = path.join(folder, 'node_modules');
  const bin = path.join(folder, 'bin');
  const binary = `pg-session-${currentPlatform()}`;

  /** Runs Node or npm with nothing else on the PATH. */
  const alone = (program, ...args) => run(path.join(bin, program), args, {
    cwd: folder,
    env: { PATH: bin, HOME: folder, DATABASE_URL: url },
  });

  before(async () => {
    const { stdout } = await run(process.env.PG_SESSION_XTASK, ['pack', '--debug']);
    const npm = process.env.PATH.split(':').map((folder) => path.join(folder, 'npm')).find(fs.existsSync);
    fs.mkdirSync(bin);
    fs.symlinkSync(process.execPath, path.join(bin, 'node'));
    fs.symlinkSync(fs.realpathSync(npm), path.join(bin, 'npm'));
    fs.writeFileSync(path.join(folder, 'package.json'), '{}');
    // Offline, because the packages of other platforms must not be requested.
    await alone('npm', 'install', '--offline', '--no-audit', '--no-fund', ...stdout.trim().split('\n'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  test('work without Rust', async () => {
    await assert.rejects(run('cargo', ['--version'], { env: { PATH: bin } }), { code: 'ENOENT' });
    assert.equal((await alone('node', '-e', PROGRAM)).stdout, '{ n: 1 }\n');
    const module = `import PgStore, { PgStore as named } from 'pg-session'; console.log(PgStore === named)`;
    assert.equal((await alone('node', '--input-type=module', '-e', module)).stdout, 'true\n');
  });

  test('contain the necessary files only', () => {
    const files = (name) => fs.readdirSync(path.join(modules, name)).sort();
    const licences = ['LICENSE-APACHE', 'LICENSE-MIT'];
    const entries = ['express', 'fastify', 'index'].flatMap((entry) => [`${entry}.d.ts`, `${entry}.js`]);
    assert.deepEqual(files('pg-session'), [...licences, 'README.md', ...entries, 'lib', 'package.json'].sort());
    assert.deepEqual(files(binary), [...licences, 'package.json', `pg-session.${currentPlatform()}.node`].sort());
    const { optionalDependencies, version, private: own } = require(path.join(modules, 'pg-session/package.json'));
    assert.deepEqual([optionalDependencies[binary], own], [version, undefined]);
    const all = Object.keys(PLATFORMS).map((platform) => `pg-session-${platform}`);
    assert.deepEqual(Object.keys(optionalDependencies), all);
    const { os: systems, cpu } = require(path.join(modules, binary, 'package.json'));
    assert.deepEqual([systems, cpu], [[process.platform], [process.arch]]);
  });

  test('require express-session only for Express', async () => {
    const told = (program) => alone('node', '-e', `try { ${program} } catch (error) { console.log(error.message) }`);
    assert.match((await told("require('pg-session/express')")).stdout, /Cannot find module 'express-session'/);
    assert.equal((await told("require('pg-session/fastify')")).stdout, '');
  });

  test('report a missing binary, and what to do', async () => {
    const told = async (program = '') => {
      const load = "try { require('pg-session') } catch (error) { console.log(error.code, error.message) }";
      return (await alone('node', '-e', program + load)).stdout;
    };
    assert.equal(await told(), '');
    const elsewhere = await told("Object.defineProperty(process, 'platform', { value: 'plan9' });");
    assert.match(elsewhere, /^PG_SESSION_CONFIGURATION .*no binary for plan9-.*for darwin-arm64, .*cargo xtask pack/);

    const place = path.join(modules, binary);
    fs.writeFileSync(path.join(place, `pg-session.${currentPlatform()}.node`), 'no binary at all');
    assert.match(await told(), /^PG_SESSION_CONFIGURATION the binary .* cannot be loaded: /);
    fs.rmSync(place, { recursive: true });
    assert.match(await told(), new RegExp(`^PG_SESSION_CONFIGURATION .*install its optional package ${binary} `));
  });
});

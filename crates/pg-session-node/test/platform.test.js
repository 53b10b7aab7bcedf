'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');

const { currentPlatform } = require('../lib/platform.js');
const { node } = require('./support/node.js');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pg-session-platform-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** Writes a 64-bit ELF file with a segment for each path, which is far behind the header, as tools that edit programs put it. */
function program(name, { linker, magic = '\x7fELF\x02\x01' }) {
  const file = Buffer.alloc(20_000);
  file.write(magic, 'latin1');
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(linker === undefined ? 1 : 2, 56);
  file.writeUInt32LE(1, 64);
  if (linker !== undefined) {
    file.writeUInt32LE(3, 64 + 56);
    file.writeBigUInt64LE(15_000n, 64 + 56 + 8);
    file.writeBigUInt64LE(BigInt(linker.length + 1), 64 + 56 + 32);
    file.write(`${linker}\0`, 15_000);
  }
  const target = path.join(folder, name);
  fs.writeFileSync(target, file);
  return target;
}

/** Returns the platform of a process with these properties. */
function platformOf(properties) {
  const before = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(process, name)]);
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(process, name, { value, configurable: true });
  try {
    return currentPlatform();
  } finally {
    for (const [name, descriptor] of before) Object.defineProperty(process, name, descriptor);
  }
}

test('the platform follows from the dynamic linker of Node', () => {
  const linux = (execPath, arch = 'x64') => platformOf({ platform: 'linux', arch, execPath });
  assert.equal(linux(program('gnu', { linker: '/lib64/ld-linux-x86-64.so.2' })), 'linux-x64-gnu');
  assert.equal(linux(program('nix', { linker: '/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2' })), 'linux-x64-gnu');
  assert.equal(linux(program('arm', { linker: '/lib/ld-linux-aarch64.so.1' }), 'arm64'), 'linux-arm64-gnu');
  assert.equal(linux(program('musl', { linker: '/lib/ld-musl-x86_64.so.1' })), 'linux-x64-musl');
  assert.equal(linux(program('musl-arm', { linker: '/lib/ld-musl-aarch64.so.1' }), 'arm64'), 'linux-arm64-musl');
  assert.equal(platformOf({ platform: 'darwin', arch: 'arm64' }), 'darwin-arm64');
  assert.equal(platformOf({ platform: 'win32', arch: 'x64' }), 'win32-x64-msvc');
});

test('a program that does not name its linker is looked up in /lib', () => {
  const hasMusl = process.platform === 'linux' && fs.readdirSync('/lib').some((file) => file.startsWith('ld-musl-'));
  const expected = `linux-x64-${hasMusl ? 'musl' : 'gnu'}`;
  const files = [program('static', {}), program('script', { magic: '#!/bin' }), program('32', { magic: '\x7fELF\x01\x01' })];
  for (const execPath of files) {
    assert.equal(platformOf({ platform: 'linux', arch: 'x64', execPath }), expected);
  }
  assert.equal(platformOf({ platform: 'linux', arch: 'x64', execPath: path.join(folder, 'missing') }), 'linux-x64-gnu');
});

for (const isBuilt of [true, false]) {
  test(`loading asks for no report of the process, ${isBuilt ? 'with' : 'without'} an addon beside index.js`, async () => {
    // A report resolves the names of the peers of open sockets.
    const output = await node(`
      const Module = require('node:module');
      const net = require('node:net');
      process.report.getReport = () => { throw new Error('the process was asked for a report') };
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (name, ...others) {
        if (!${isBuilt} && name === '../pg-session.node') throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
        return name.startsWith('pg-session-') ? require.resolve('./pg-session.node') : resolve.call(this, name, ...others);
      };
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const socket = net.connect(server.address().port, '127.0.0.1', () => {
          const before = performance.now();
          require('pg-session');
          console.log(performance.now() - before < 2000);
          socket.destroy();
          server.close();
        });
      });
      server.on('connection', (socket) => socket.on('error', () => {}));
    `);
    assert.deepEqual(output, { code: 0, output: 'true' });
  });
}

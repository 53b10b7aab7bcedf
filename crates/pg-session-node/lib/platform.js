'use strict';

const fs = require('node:fs');

/** The platforms with a binary package: their napi-rs names, and the fields by which npm selects the package. */
const PLATFORMS = {
  'darwin-arm64': { os: ['darwin'], cpu: ['arm64'] },
  'darwin-x64': { os: ['darwin'], cpu: ['x64'] },
  'linux-arm64-gnu': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'linux-arm64-musl': { os: ['linux'], cpu: ['arm64'], libc: ['musl'] },
  'linux-x64-gnu': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'linux-x64-musl': { os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  'win32-x64-msvc': { os: ['win32'], cpu: ['x64'] },
};

/** Where the dynamic linker of musl is, if the program of Node does not name its own. */
const LIBRARIES = '/lib';

/** The start of a program, which has its table of segments. */
const HEADER_SIZE = 4096;

/** The type of the segment with the path of the dynamic linker, in the ELF format. */
const INTERPRETER = 3;

/** Returns the napi-rs name of this platform. */
function currentPlatform() {
  const { platform, arch } = process;
  switch (platform) {
    case 'linux':
      return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`;
    case 'win32':
      return `win32-${arch}-msvc`;
    default:
      return `${platform}-${arch}`;
  }
}

/**
 * Returns whether Node runs on musl. It reads the program of Node, and not `process.report.getReport()`, which resolves the
 * name of the peer of every open socket: seconds each if the resolver does not answer.
 */
function isMusl() {
  try {
    const linker = linkerOf(process.execPath);
    if (linker !== undefined) return linker.includes('ld-musl-');
    return fs.readdirSync(LIBRARIES).some((file) => file.startsWith('ld-musl-'));
  } catch {
    return false;
  }
}

/** Returns the path of a program's dynamic linker. Undefined if it has none, or is no 64-bit little-endian ELF file. */
function linkerOf(program) {
  const file = fs.openSync(program, 'r');
  try {
    const header = Buffer.alloc(HEADER_SIZE);
    fs.readSync(file, header, 0, HEADER_SIZE, 0);
    if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
    const [table, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
    for (let at = table; at < table + size * count; at += size) {
      if (header.readUInt32LE(at) !== INTERPRETER) continue;
      const path = Buffer.alloc(Number(header.readBigUInt64LE(at + 32)));
      fs.readSync(file, path, 0, path.length, Number(header.readBigUInt64LE(at + 8)));
      return path.toString('latin1');
    }
    return undefined;
  } finally {
    fs.closeSync(file);
  }
}

module.exports = { PLATFORMS, currentPlatform };

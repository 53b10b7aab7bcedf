'use strict';

/** The Rust half: the file that a build leaves beside `index.js`, else the package for this platform. */

const { platform, arch } = process;

/** The platform as napi-rs names it. */
function target() {
  switch (platform) {
    case 'linux':
      return `linux-${arch}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
    case 'win32':
      return `win32-${arch}-msvc`;
    default:
      return `${platform}-${arch}`;
  }
}

function load() {
  const name = target();
  const causes = [];
  for (const place of [`../pg-session.${name}.node`, `pg-session-${name}`]) {
    try {
      return require(place);
    } catch (error) {
      causes.push(error);
    }
  }
  const found = causes.find((error) => error.code !== 'MODULE_NOT_FOUND');
  const why = found
    ? `the binary of pg-session for ${name} cannot be loaded: ${found.message}`
    : `pg-session has no binary for ${name} here; install its optional package pg-session-${name} (npm leaves it out ` +
      'with --omit=optional, or when node_modules comes from another platform: then install anew), or build it from source';
  throw Object.assign(new Error(why, { cause: found ?? causes[0] }), { code: 'PG_SESSION_CONFIGURATION' });
}

module.exports = load();

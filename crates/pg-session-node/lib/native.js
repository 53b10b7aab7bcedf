'use strict';

/** Loads the addon: the file that a build leaves beside `index.js`, or the package for this platform. */

const { PLATFORMS, currentPlatform } = require('./platform.js');

function load() {
  const causes = [];
  for (const place of [() => '../pg-session.node', () => `pg-session-${currentPlatform()}`]) {
    try {
      return require(place());
    } catch (error) {
      causes.push(error);
    }
  }
  const name = currentPlatform();
  const found = causes.find((error) => error.code !== 'MODULE_NOT_FOUND');
  const cause = found ?? causes[0];
  throw Object.assign(new Error(why(name, found), { cause }), { code: 'PG_SESSION_CONFIGURATION' });
}

function why(name, found) {
  if (found) return `the binary of pg-session for ${name} cannot be loaded: ${found.message}`;
  if (!Object.hasOwn(PLATFORMS, name)) {
    const others = Object.keys(PLATFORMS).join(', ');
    return `pg-session has no binary for ${name}, only for ${others}; build it from source with \`cargo xtask pack\``;
  }
  return (
    `the binary of pg-session for ${name} is not installed: install its optional package pg-session-${name} ` +
    '(npm leaves it out with --omit=optional; if node_modules comes from another platform, reinstall; a bundler must ' +
    'keep pg-session external)'
  );
}

module.exports = load();

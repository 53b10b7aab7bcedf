'use strict';

const { once } = require('node:events');

/** Serves the app. Returns a function that creates a visitor with cookies, and one that stops serving. */
async function open(app) {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const visitor = (cookie = '') => {
    const get = async (path, options) => {
      const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { ...options, headers: { cookie } });
      const set = response.headers.getSetCookie().map((line) => line.split(';')[0]);
      // The last cookie of a name counts.
      const byName = new Map(set.map((pair) => [pair.split('=')[0], pair]));
      if (set.length > 0) cookie = [...byName.values()].join('; ');
      return { status: response.status, body: await response.text() };
    };
    get.twin = () => visitor(cookie);
    get.cookie = () => cookie;
    return get;
  };
  return { visitor, close: () => server.close() };
}

/** Serves the app while one visitor makes these requests. Returns the bodies of the responses. */
async function visit(app, paths) {
  const { visitor, close } = await open(app);
  const get = visitor();
  const bodies = [];
  for (const path of paths) bodies.push((await get(path)).body);
  close();
  return bodies;
}

module.exports = { open, visit };

'use strict';

const { once } = require('node:events');

/** Serves the app while a visitor with cookies makes these requests, and answers the bodies. */
async function visit(app, paths) {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let cookie = '';
  const bodies = [];
  for (const path of paths) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: { cookie } });
    const set = response.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (set.length > 0) cookie = set.join('; ');
    bodies.push(await response.text());
  }
  server.close();
  return bodies;
}

module.exports = { visit };

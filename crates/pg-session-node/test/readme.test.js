'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');

const { database } = require('./support/database.js');
const { visit } = require('./support/visit.js');

const READMES = ['../../../README.md', '../README.md'].map((readme) => path.join(__dirname, readme));
const URL_THERE = "'postgres://user:password@localhost/app'";
const LAST_LINE = 'store.setup().then(() => app.listen(3000));';

/** The app of a README's first block of JavaScript, on this database. */
function app(readme, url) {
  const [, code] = fs.readFileSync(readme, 'utf8').match(/```js\n(.*?)```/s);
  assert.ok(code.includes(URL_THERE) && code.includes(LAST_LINE), code);
  const there = code.replace(URL_THERE, JSON.stringify(url)).replace(LAST_LINE, 'return { app, store };');
  return new Function('require', there)(require);
}

describe('the code of the README', () => {
  const here = database();

  for (const readme of READMES) {
    test(`counts views: ${path.relative(path.join(__dirname, '../../..'), readme)}`, async () => {
      const { app: koa, store } = app(readme, here.url);
      await store.setup();
      assert.deepEqual(await visit(koa, ['/', '/']), ['{"views":1}', '{"views":2}']);
    });
  }
});

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');

const DATABASE_URL = "'postgres://user:password@localhost/app'";
const SESSION_SECRET = 'a secret that is long enough for every middleware';

/** The last line of a program that serves an app. The expression resolves when the app listens. */
const LAST_LINE = /^(\w.*\.then\(\(\) => app\.listen\(.*\)\));\n/m;

/** What Koa 1 is called among the packages here, beside Koa 3. */
const KOA_1 = { koa: 'koa1', 'koa-generic-session': 'koa-generic-session1' };

/**
 * Returns the JavaScript programs of a page. Each has its code, what it requires, whether it listens, and a function that runs it on
 * a database and a free port. The function returns the `store`, and of a program that listens the `app` and a promise
 * `listening`.
 */
function pieces(page) {
  return [...fs.readFileSync(page, 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code]) => {
    assert.ok(code.includes(DATABASE_URL) || code.includes('process.env'), code);
    const requires = [...code.matchAll(/require\('(.*?)'\)/g)].map(([, name]) => name);
    const listens = LAST_LINE.test(code);
    const run = (url) => {
      const env = { DATABASE_URL: url, SESSION_SECRET, PORT: '0' };
      const load = (name) => require((code.includes('function*') && KOA_1[name]) || name);
      const there = code.replace(DATABASE_URL, JSON.stringify(url)).replace(/\b3000\b(?=[ })]*\);\n$)/, '0');
      const body = there.replace(LAST_LINE, 'return { store, app, listening: $1 };\n');
      return new Function('require', 'process', listens ? body : `${body}; return { store };`)(load, { env });
    };
    return { code, requires, listens, run };
  });
}

module.exports = { pieces };

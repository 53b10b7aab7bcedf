'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');

const URL_THERE = "'postgres://user:password@localhost/app'";
const LAST_LINE = /^store\.setup\(\)\.then\(\(\) => app\.listen\(.*\)\);\n/m;

/** What Koa 1 is called among the packages here, beside Koa 3. */
const KOA_1 = { koa: 'koa1', 'koa-generic-session': 'koa-generic-session1' };

/** The JavaScript of a README: what each piece requires, and a function that runs it on a database, up to `listen`. */
function pieces(readme) {
  return [...fs.readFileSync(readme, 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code]) => {
    assert.ok(code.includes(URL_THERE), code);
    const requires = [...code.matchAll(/require\('(.*?)'\)/g)].map(([, name]) => name);
    const listens = LAST_LINE.test(code);
    const run = (url) => {
      const there = code.replace(URL_THERE, JSON.stringify(url)).replace(LAST_LINE, '');
      const load = (name) => require((code.includes('function*') && KOA_1[name]) || name);
      return new Function('require', `${there}; return { store, app: ${listens ? 'app' : 'undefined'} };`)(load);
    };
    return { requires, listens, run };
  });
}

module.exports = { pieces };

'use strict';

const fs = require('node:fs');

/** The connection in the code: from the environment, or a URL that stands for it. */
const CONNECTION = /\bDATABASE_URL\b|'postgres:\/\/user:password@localhost\/app'/;
const LAST_LINE = /^store\.setup\(\)\.then\(\(\) => app\.listen\(.*\)\);\n/m;

/** The names of Koa 1 and its middleware among the packages here, beside Koa 3. */
const KOA_1 = { koa: 'koa1', 'koa-generic-session': 'koa-generic-session1' };

/**
 * Returns the blocks of JavaScript in a README. Each has its code, the packages that it requires, whether it listens, and a
 * function that runs it on a database, without the last line, which listens.
 */
function pieces(readme) {
  return [...fs.readFileSync(readme, 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code]) => {
    if (!CONNECTION.test(code)) throw new Error(`this code does not connect to the test's database:\n${code}`);
    const requires = [...code.matchAll(/require\('(.*?)'\)/g)].map(([, name]) => name);
    const listens = LAST_LINE.test(code);
    const run = (url) => {
      const program = code.replace("'postgres://user:password@localhost/app'", JSON.stringify(url)).replace(LAST_LINE, '');
      const load = (name) => require((code.includes('function*') && KOA_1[name]) || name);
      const secrets = [...code.matchAll(/\bSESSION_\w+/g)].map(([name]) => [name, 'a secret of thirty-two characters']);
      const env = { DATABASE_URL: url, ...Object.fromEntries(secrets) };
      const result = `return { store, app: ${listens ? 'app' : 'undefined'} };`;
      return new Function('require', 'process', `${program}; ${result}`)(load, { env });
    };
    return { code, requires, listens, run };
  });
}

module.exports = { pieces };

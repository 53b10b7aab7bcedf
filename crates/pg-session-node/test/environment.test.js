'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');

const PgStore = require('pg-session');
const ExpressStore = require('pg-session/express');
const FastifyStore = require('pg-session/fastify');
const { database, parts } = require('./support/database.js');
const { inEnvironment } = require('./support/environment.js');
const { node } = require('./support/node.js');

/** Arguments that name no connection, such as an unset variable of the environment. */
const NOTHING = [
  [], [undefined], [{}], [''], [' \n'], [{ connectionString: undefined }], [{ connectionString: '' }],
  [{ host: undefined, password: undefined }], [Object.create(null)], [undefined, {}], [{ max: undefined }, { table: 'session' }],
];

describe('without a connection', () => {
  const { url, client } = database();
  const { host, port, user, password, database: name } = parts(url);
  const variables = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: name };

  const works = async (store) => {
    await store.setup();
    await store.close();
  };

  test('every store uses DATABASE_URL', async () => {
    const elsewhere = { ...variables, PGDATABASE: 'not_there' };
    for (const Store of [PgStore, ExpressStore, FastifyStore]) {
      for (const args of NOTHING) await works(inEnvironment({ ...elsewhere, DATABASE_URL: url }, () => new Store(...args)));
    }
  });

  test('DATABASE_URL may be surrounded by what people paste', async () => {
    const pairs = `host=${host} port=${port} user=${user} password='${password}' dbname=${name}`;
    for (const text of [`"${url}"`, `'${url}'`, ` ${url}\n`, `"${url}\r\n"`, `psql ${url}`, `psql '${url}'\n`, `"${pairs}"`, pairs]) {
      await works(inEnvironment({ DATABASE_URL: text }, () => new PgStore()));
      await works(new PgStore(text));
      await works(new PgStore({ connectionString: text, application_name: 'pasted' }));
    }
  });

  test('the other settings of an object are added to DATABASE_URL', async () => {
    const settings = { ssl: false, application_name: 'added', connectionString: undefined };
    const store = inEnvironment({ DATABASE_URL: `${url}\n` }, () => new PgStore(settings));
    await store.setup();
    const { rows } = await client.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'added'");
    assert.equal(rows.length, 1);
    await store.close();
  });

  test('every store uses the variables of libpq if DATABASE_URL is not set', async () => {
    for (const Store of [PgStore, ExpressStore, FastifyStore]) {
      for (const args of NOTHING) await works(inEnvironment(variables, () => new Store(...args)));
    }
    await works(inEnvironment({ ...variables, DATABASE_URL: '' }, () => new PgStore()));
  });

  test('the variables of libpq fill in what an object leaves out, and do not replace what it has', async () => {
    await works(inEnvironment(variables, () => new PgStore({ database: name })));
    const { PGPASSWORD, PGDATABASE, ...wrong } = { ...variables, PGHOST: 'nowhere.invalid', PGHOSTADDR: '192.0.2.1', PGUSER: 'nobody' };
    await works(inEnvironment({ ...wrong, PGPASSWORD, PGDATABASE }, () => new PgStore({ host, user })));
    const verifying = { ...variables, PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' };
    await works(inEnvironment(verifying, () => new PgStore({ ssl: false, database: name })));
    const store = inEnvironment(verifying, () => new PgStore({ database: name }));
    await assert.rejects(store.setup(), /TLS|SSL|ssl/);
  });

  test('an error names DATABASE_URL if the environment has no connection', () => {
    for (const args of [...NOTHING, [{ ssl: { rejectUnauthorized: false } }], [{ max: 5 }]]) {
      for (const variables of [{}, { DATABASE_URL: '' }, { DATABASE_URL: ' \n' }, { PGAPPNAME: 'a', PGPASSWORD: 's3cret', PGHOST: '' }]) {
        for (const Store of [PgStore, ExpressStore, FastifyStore]) {
          assert.throws(() => inEnvironment(variables, () => new Store(...args)), {
            name: 'PgSessionError', code: 'PG_SESSION_CONFIGURATION', message: /missing: set .*DATABASE_URL.*PGHOST/s,
          });
        }
      }
    }
  });

  test('the error names another variable that has a URL, and not its value', () => {
    for (const name of ['POSTGRES_URL', 'SUPABASE_DB_URL', 'PG_URL']) {
      assert.throws(() => inEnvironment({ [name]: 'postgresql://u:s3cret@h/d' }, () => new PgStore()), (error) => {
        assert.match(error.message, new RegExp(`The variable ${name} has a URL: pass process.env.${name}$`));
        return !/s3cret/.test(error.message);
      });
    }
  });

  test('a worker has an environment of its own', async () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      new Worker(\`
        const store = new (require('pg-session'))();
        store.setup().then(() => console.log('done'), (error) => console.log(error.message));
      \`, { eval: true, env: ${JSON.stringify(variables)} });
    `;
    assert.deepEqual(await node(program, { env: { PGHOST: 'nowhere.invalid' } }), { code: 0, output: 'done' });
  });
});

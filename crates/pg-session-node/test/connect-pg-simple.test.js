'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, describe, test } = require('node:test');
const express = require('express');
const session = require('express-session');

const { database } = require('./support/database.js');
const { pieces } = require('./support/readme.js');
const { open } = require('./support/visit.js');

describe('migrating from connect-pg-simple, as in the README', () => {
  const { url, client, pool } = database();
  const theirs = new (require('connect-pg-simple')(session))({ pool, pruneSessionInterval: false });

  const piece = pieces(path.join(__dirname, '../README.md')).find(({ listens }) => !listens);

  before(async () => {
    const ddl = path.join(path.dirname(require.resolve('connect-pg-simple')), 'table.sql');
    await client.query(fs.readFileSync(ddl, 'utf8'));
  });

  test('logs nobody out, in both directions', async (t) => {
    const { store: ours } = piece.run(url);
    await ours.setup();
    t.after(() => ours.close());

    let store = theirs;
    const app = express();
    // Both run at once, as while the processes of an application are replaced one by one.
    const [byTheirs, byOurs] = [theirs, ours].map((store) => session({
      store, secret: 's', resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 },
    }));
    app.use((...args) => (store === ours ? byOurs : byTheirs)(...args));
    app.get('/', (req, res) => {
      req.session.views = (req.session.views ?? 0) + 1;
      res.json(req.session.views);
    });
    const { visitor, close } = await open(app);
    t.after(close);

    const get = visitor();
    for (const [turn, views] of [[theirs, '1'], [ours, '2'], [ours, '3'], [theirs, '4'], [ours, '5']]) {
      store = turn;
      assert.equal((await get('/')).body, views);
    }
    const sql = "SELECT sess FROM session WHERE expire BETWEEN now() + '50 s' AND now() + '60.01 s'";
    const { rows } = await client.query(sql);
    assert.deepEqual(rows.map(({ sess }) => sess.views), [5]);
  });

  test('sweeps expired sessions of connect-pg-simple', async (t) => {
    const { store: ours } = piece.run(url);
    t.after(() => ours.close());
    await ours.setup();
    await client.query(`INSERT INTO session VALUES ('old', '{}', now() - interval '1 s')`);
    assert.equal(await ours.sweep(), 1);
  });
});

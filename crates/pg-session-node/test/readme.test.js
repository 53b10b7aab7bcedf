'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');

const { database } = require('./support/database.js');
const { pieces } = require('./support/readme.js');
const { open, visit } = require('./support/visit.js');

const WORKSPACE = path.join(__dirname, '../../..');
const READMES = ['README.md', 'crates/pg-session-node/README.md'];

describe('the code of the README', () => {
  const here = database();

  for (const readme of READMES) {
    const apps = pieces(path.join(WORKSPACE, readme)).filter(({ listens }) => listens);
    test(`${readme} has apps`, () => assert(apps.length > 0));

    for (const { requires, run } of apps.filter(({ code }) => code.includes('views'))) {
      test(`counts views: ${readme} with ${requires.join(', ')}`, async () => {
        const { app, store } = run(here.url);
        await store.setup();
        await app.ready?.();
        assert.deepEqual(await visit(app.server ?? app, ['/', '/']), ['{"views":1}', '{"views":2}']);
        await store.close();
      });
    }

    for (const { run } of apps.filter(({ code }) => code.includes('/logout-others'))) {
      test(`logs out everywhere else: ${readme}`, async () => {
        const { app, store } = run(here.url);
        await store.setup();
        const { visitor, close } = await open(app);
        const [mine, other] = [visitor(), visitor()];
        for (const post of [mine, other]) await post('/login', { method: 'POST' });
        assert.equal((await mine('/logout-others', { method: 'POST' })).body, '{"ended":1}');
        assert.equal((await other('/logout-others', { method: 'POST' })).body, '{"ended":0}');
        assert.equal(await store.destroySessionsOf(7), 1);
        close();
        await store.close();
      });
    }
  }
});

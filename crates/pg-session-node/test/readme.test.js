'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { describe, test } = require('node:test');

const { database } = require('./support/database.js');
const { pieces } = require('./support/readme.js');
const { visit } = require('./support/visit.js');

const WORKSPACE = path.join(__dirname, '../../..');
const READMES = ['README.md', 'crates/pg-session-node/README.md'];

describe('the code of the README', () => {
  const here = database();

  for (const readme of READMES) {
    const apps = pieces(path.join(WORKSPACE, readme)).filter(({ listens }) => listens);
    test(`${readme} has apps`, () => assert(apps.length > 0));

    for (const { requires, run } of apps) {
      test(`counts views: ${readme} with ${requires.join(', ')}`, async () => {
        const { app, store } = run(here.url);
        await store.setup();
        await app.ready?.();
        assert.deepEqual(await visit(app.server ?? app, ['/', '/']), ['{"views":1}', '{"views":2}']);
        await store.close();
      });
    }
  }
});

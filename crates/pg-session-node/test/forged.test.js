'use strict';

/** Cookies with an id that cannot be stored: the visitor gets a new session, and not an error. */

const assert = require('node:assert/strict');
const { after, describe, test } = require('node:test');
const { database } = require('./support/database.js');
const { frameworks } = require('./support/frameworks.js');
const { open } = require('./support/visit.js');

const unsigned = { sign: (id) => id, unsign: (value) => ({ valid: true, renew: false, value }) };

/** The settings with which each middleware accepts the cookie, and the cookie. */
const forgeries = {
  'koa-generic-session 2': [{ cookie: { signed: false } }, (id) => `koa.sid=${id}`],
  'koa-generic-session 1': [{ cookie: { signed: false } }, (id) => `koa.sid=${id}`],
  'koa-session': [{ signed: false }, (id) => `koa.sess=${id}`],
  'express-session': [{}, (id) => `connect.sid=${encodeURIComponent(`s:${require('cookie-signature').sign(id, 'secret')}`)}`],
  '@fastify/session': [{ signer: unsigned }, (id) => `sessionId=${encodeURIComponent(id)}`],
};

for (const [name, create] of Object.entries(frameworks)) {
  describe(`with a forged cookie, ${name}`, () => {
    const { url } = database();
    const [settings, cookie] = forgeries[name];
    const act = async (query, visit) => {
      if (query.has('write')) visit.session.n = 1;
      if (query.has('logout')) await visit.logout();
      return {};
    };
    const { store, app, ready } = create(url, { cleanupTime: 0 }, act, settings);
    after(() => store.close());

    test('that is no text starts a new session', async (t) => {
      await ready;
      const { visitor, close } = await open(app);
      t.after(close);
      const [key] = cookie('').split('=');
      for (const value of ['\xFF\xFE', '%FF%FE', '%ED%A0%80', '%00', '']) {
        for (const path of ['/', '/?write', '/?logout', '/?write&logout']) {
          const { status, body } = await visitor(`${key}=${value}`)(path);
          assert.equal(status, 200, `${path} with ${value}: ${body}`);
        }
      }
    });

    test('starts a new session', async (t) => {
      await ready;
      const { visitor, close } = await open(app);
      t.after(close);
      const decodes = !name.startsWith('koa');
      for (const id of ['x'.repeat(1100), ...(decodes ? ['a\0b', '\0'] : [])]) {
        for (const path of ['/', '/?write', '/?logout', '/?write&logout']) {
          const { status, body } = await visitor(cookie(id))(path);
          assert.equal(status, 200, `${path} with ${id.length} characters: ${body}`);
        }
      }
    });
  });
}

'use strict';

const assert = require('node:assert/strict');
const { before, describe, test } = require('node:test');
const { inspect } = require('node:util');
const v8 = require('node:v8');
const vm = require('node:vm');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');

const MINUTE = 60_000;

describe('a session that the store returned', () => {
  const { url, client } = database();
  const store = new PgStore(url, { subject: 'user.id', maxSize: 1000 });
  let gone = 0;
  store.on('gone', (...told) => {
    assert.deepEqual(told, []);
    gone++;
  });

  before(() => store.setup());

  /** Returns the session as loaded by two requests. */
  const loaded = async (data) => {
    await store.set('a', data);
    gone = 0;
    return [await store.get('a'), await store.get('a')];
  };
  const row = async () => (await client.query("SELECT session::text, xmin::text FROM session WHERE id = 'a'")).rows[0];

  test('looks like a result of JSON.parse, except for one hidden symbol', async () => {
    const text = '{"b":{"c":[1,{}]},"__proto__":{"n":1},"a":null}';
    await store.set('a', JSON.parse(text));
    const found = await store.get('a');
    assert.deepEqual(found, JSON.parse(text));
    assert.equal(JSON.stringify(found), text);
    const [hidden] = Object.getOwnPropertySymbols(found);
    assert.deepEqual(Reflect.ownKeys(found), ['b', '__proto__', 'a', hidden]);
    assert.deepEqual([typeof hidden, Object.getOwnPropertyDescriptor(found, hidden).enumerable], ['symbol', false]);
    assert.deepEqual([Reflect.ownKeys(found.b), Reflect.ownKeys(found.b.c[1])], [['c'], []], 'only the session has it');
    assert.equal(inspect(found), inspect(JSON.parse(text)));
    for (const copy of [{ ...found }, Object.assign({}, { a: 1 }, found), structuredClone(found)]) {
      assert.deepEqual(Object.getOwnPropertySymbols(copy), []);
    }
    assert.equal(Object.getPrototypeOf(found), Object.prototype);
    assert(Object.isExtensible(found));
    for (const scalar of [7, 'text', true, [1]]) {
      await store.set('a', scalar);
      assert.deepEqual(await store.get('a'), scalar);
    }
  });

  test('is updated by its identity, with an outcome', async () => {
    const [mine, yours] = await loaded({ cart: { pen: 1 }, old: 1 });
    yours.cart.ink = 2;
    assert.equal(await store.update('a', yours, MINUTE), 'saved');
    assert.equal(await store.update('a', yours), 'unchanged');
    mine.cart.pen = 3;
    delete mine.old;
    assert.equal(await store.update('a', mine), 'merged');
    assert.deepEqual(await store.get('a'), { cart: { pen: 3, ink: 2 } });
    await store.destroy('a');
    assert.equal(await store.update('a', mine), 'gone');
    assert.equal(await store.get('a'), false);
  });

  test('is updated against its last save', async () => {
    const [mine, yours] = await loaded({ n: 1 });
    for (const n of [2, 1]) {
      mine.n = n;
      assert.equal(await store.update('a', mine), 'saved');
    }
    yours.other = true;
    assert.equal(await store.update('a', yours), 'saved');
    mine.n = 3;
    assert.equal(await store.update('a', mine), 'merged');
    delete mine.n;
    assert.equal(await store.update('a', mine), 'merged');
    assert.deepEqual(await store.get('a'), { other: true });
  });

  test('is updated against its own loaded state, despite other calls in the same tick', async () => {
    const [mine] = await loaded({ n: 1, old: 1 });
    await store.set('b', { b: 1, old: 1 });
    const other = await store.get('b');
    delete mine.old;
    delete other.old;
    const answers = [store.get('a'), store.update('a', mine), store.set('c', {}), store.update('b', other), store.touch('c')];
    assert.deepEqual(await Promise.all(answers), [{ n: 1, old: 1 }, 'saved', undefined, 'saved', true]);
    assert.deepEqual([await store.get('a'), await store.get('b')], [{ n: 1 }, { b: 1 }]);
  });

  test('keeps its loaded state if a save fails', async () => {
    const [mine, yours] = await loaded({ n: 1 });
    yours.other = true;
    await store.set('a', yours);
    mine.n = 'x'.repeat(1000);
    await assert.rejects(store.update('a', mine), { code: 'PG_SESSION_TOO_LARGE' });
    mine.n = 2n;
    await assert.rejects(store.set('a', mine), { code: 'PG_SESSION_INVALID_INPUT' });
    mine.n = 2;
    await store.set('a', mine);
    assert.deepEqual(await store.get('a'), { n: 2, other: true });
  });

  test('is the only object that update accepts', async () => {
    const [mine] = await loaded({ n: 1 });
    await store.set('b', { n: 1 });
    const other = new PgStore(url, { table: 'other' });
    await other.setup();
    await other.set('a', { n: 1 });
    const refused = { code: 'PG_SESSION_INVALID_INPUT', message: /requires the object that `get` returned for this id/ };
    for (const [sid, session] of [['a', { n: 1 }], ['a', { ...mine }], ['b', mine], ['a', await other.get('a')], ['a', null]]) {
      await assert.rejects(store.update(sid, session), refused);
    }
  });

  test('is updated by set too, but a copy is not', async () => {
    const [mine, yours] = await loaded({ n: 1 });
    yours.yours = true;
    assert.equal(await store.set('a', yours), undefined);
    mine.mine = true;
    assert.equal(await store.set('a', mine), undefined);
    assert.deepEqual(await store.get('a'), { n: 1, yours: true, mine: true });
    await store.set('a', { ...mine });
    assert.deepEqual(await store.get('a'), { n: 1, mine: true });
    await store.set('b', mine);
    assert.deepEqual(await store.get('b'), { n: 1, mine: true });
    await store.destroy('a');
    await store.destroy('b');
    await store.set('a', { ...mine });
    assert.deepEqual(await store.get('a'), { n: 1, mine: true });
  });

  test('is linked by its first save, even if it was frozen before', async () => {
    class Cart {
      items = 1;
    }
    for (const freeze of [Object.freeze, Object.seal, Object.preventExtensions, (cart) => cart]) {
      const cart = freeze(new Cart());
      await store.set('a', cart);
      const other = await store.get('a');
      other.theirs = true;
      await store.set('a', other);
      assert.equal(await store.update('a', cart), 'unchanged', freeze.name);
      await store.set('a', cart);
      assert.deepEqual(await store.get('a'), { items: 1, theirs: true }, freeze.name);
      await store.destroy('a');
      await store.set('a', cart);
      assert.equal(await store.get('a'), false, freeze.name);
    }
  });

  test('is linked if it was frozen since', async () => {
    const [mine, yours] = await loaded({ n: 1 });
    yours.theirs = true;
    await store.set('a', yours);
    await store.set('a', Object.freeze(mine));
    assert.deepEqual(await store.get('a'), { n: 1, theirs: true });
  });

  test('may be wrapped in a Proxy', async () => {
    const [mine, yours] = await loaded({ n: 1 });
    yours.theirs = true;
    await store.set('a', yours);
    const proxy = new Proxy(mine, {});
    proxy.mine = true;
    assert.equal(await store.update('a', proxy), 'merged');
    assert.deepEqual(await store.get('a'), { n: 1, theirs: true, mine: true });
  });

  test('stays destroyed, and each dropped write emits gone', async () => {
    const [mine, yours] = await loaded({ n: 1 });
    assert.equal(await store.destroy('a'), true);
    mine.n = 2;
    await store.set('a', mine);
    await store.set('a', yours);
    await new Promise(setImmediate);
    assert.deepEqual([await store.get('a'), gone], [false, 2]);
  });

  test('is not linked if the application created it, however often it is set and destroyed', async () => {
    const session = { n: 1 };
    for (let time = 0; time < 2; time++) {
      await store.set('a', session);
      assert.equal(await store.destroy('a'), true);
    }
    assert.equal(gone, 2);
  });

  test('is not written if only the order of its keys or the times of its cookie differ', async () => {
    const cookie = { originalMaxAge: MINUTE, expires: new Date(0), path: '/' };
    const [mine] = await loaded({ a: { b: 1, c: 2 }, cookie });
    const was = await row();
    mine.a = { c: 2, b: 1 };
    mine.cookie = { path: '/', originalMaxAge: MINUTE - 1, expires: new Date(), domain: undefined };
    assert.equal(await store.update('a', mine), 'unchanged');
    assert.deepEqual(await row(), was);
    const changes = [{ path: '/x' }, { expires: undefined, originalMaxAge: null }, { originalMaxAge: 2 * MINUTE }, { extra: 1 }];
    for (const change of changes) {
      const [mine] = await loaded({ n: 1, cookie });
      Object.assign(mine.cookie, change);
      assert.equal(await store.update('a', mine), 'saved', JSON.stringify(change));
    }
    const [fixed] = await loaded({ cookie: { expires: new Date(0) } });
    fixed.cookie.expires = new Date();
    assert.equal(await store.update('a', fixed), 'saved', 'without an age, the time is what the application says');
  });

  test('may have its own `_expire`', async () => {
    for (const _expire of [999, 1001]) {
      const [mine] = await loaded({ _expire: 1000, _maxAge: 1000 });
      mine._expire = _expire;
      assert.equal(await store.update('a', mine), 'saved');
      assert.equal((await store.get('a'))._expire, _expire);
    }
  });

  test('may be in a jsonb column', async () => {
    await client.query('CREATE TABLE b (id text PRIMARY KEY, expiry timestamptz, session jsonb)');
    const store = new PgStore(url, { table: 'b' });
    await store.setup();
    await store.set('a', { one: 1, cookie: { originalMaxAge: MINUTE, expires: new Date(0) } });
    const [mine, yours] = [await store.get('a'), await store.get('a')];
    mine.cookie.expires = new Date();
    assert.equal(await store.update('a', mine), 'unchanged');
    mine.mine = yours.yours = true;
    assert.equal(await store.update('a', mine), 'saved');
    assert.equal(await store.update('a', yours), 'merged');
    assert.equal((await store.get('a')).mine, true);
  });

  test('is not kept in memory by the store', async () => {
    v8.setFlagsFromString('--expose-gc');
    const gc = vm.runInNewContext('gc');
    await store.set('a', { n: 1 });
    const kept = await store.get('a');
    const found = new WeakRef(await store.get('a'));
    for (let tries = 0; found.deref() && tries < 100; tries++) {
      await new Promise(setImmediate);
      gc();
    }
    assert.equal(found.deref(), undefined);
    kept.n = 2;
    assert.equal(await store.update('a', kept), 'saved');
  });

  test('is taken by one of many concurrent calls, with its data', async () => {
    await loaded({ n: 1 });
    const taken = await Promise.all([store.take('a'), store.take('a'), store.take('a')]);
    assert.deepEqual(taken.filter(Boolean), [{ n: 1 }]);
    assert.equal(await store.get('a'), false);
  });

  test('gets a new id once', async () => {
    await loaded({ n: 1 });
    await store.set('taken', {});
    assert.equal(await store.rotate('a', 'taken'), 'exists');
    assert.equal(await store.rotate('a', 'new'), 'rotated');
    assert.equal(await store.rotate('a', 'newer'), 'gone');
    assert.deepEqual([await store.get('a'), await store.get('new')], [false, { n: 1 }]);
    await assert.rejects(store.rotate('new', 'undefined'), { code: 'PG_SESSION_INVALID_INPUT' });
  });

  test('is found by its subject', async () => {
    await store.clear();
    for (const [sid, user] of [['one', 7], ['two', 7], ['text', '7'], ['other', 8]]) {
      await store.set(sid, { user: { id: user } }, sid === 'one' ? 2 * MINUTE : MINUTE);
    }
    assert.deepEqual(await store.sessionsOf(7), [
      ['one', { user: { id: 7 } }], ['text', { user: { id: '7' } }], ['two', { user: { id: 7 } }],
    ]);
    const handles = (await store.sessionsOf(7)).map(([sid]) => PgStore.handle(sid));
    assert.equal(PgStore.handle('an-unguessable-id'), 'a3d6626063cdb4fbc6515d2d7c2f642c');
    assert.deepEqual([await store.destroyHandle(8, handles[1]), await store.destroyHandle(7, 'text')], [false, false]);
    assert.deepEqual([await store.destroyHandle(7, handles[1]), await store.destroyHandle(7, handles[1])], [true, false]);
    await store.set('text', { user: { id: '7' } }, MINUTE);
    assert.equal(await store.destroySessionsOf(7, 'two'), 2);
    assert.deepEqual((await store.all()).map(([sid]) => sid), ['other', 'two']);
    assert.equal(await store.destroySessionsOf('8'), 1);
    for (const user of [undefined, null, {}, '\ud800']) {
      await assert.rejects(store.sessionsOf(user), { code: 'PG_SESSION_INVALID_INPUT' });
    }
    await assert.rejects(store.destroySessionsOf(7, ''), { code: 'PG_SESSION_INVALID_INPUT' });
    await assert.rejects(store.destroySessionsOf(7, 7), { code: 'PG_SESSION_INVALID_INPUT' });
    const without = new PgStore(url);
    await without.setup();
    await assert.rejects(without.sessionsOf(7), { code: 'PG_SESSION_CONFIGURATION', message: /option subject/ });
  });

  test('lives for the option maxAge at most', async () => {
    const store = new PgStore(url, { table: 'aged', maxAge: MINUTE });
    await store.setup();
    await store.set('a', { n: 1 }, 60 * MINUTE);
    assert.deepEqual(await store.get('a'), { n: 1 });
    await client.query("UPDATE aged SET created = now() - interval '61 s'");
    assert.equal(await store.get('a'), false);
    const refused = (options, message) => {
      assert.throws(() => new PgStore(url, options), { code: 'PG_SESSION_CONFIGURATION', message });
    };
    refused({ maxAge: 0 }, /must be .*`maxAge`/);
    refused({ maxAge: '1' }, /`maxAge` must be a number of zero or more/);
    refused({ subject: 7 }, /`subject` must be a string/);
    refused({ subject: 'user..id' }, /option subject has an empty key/);
  });
});

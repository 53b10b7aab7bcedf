'use strict';

const assert = require('node:assert/strict');
const { EventEmitter, once } = require('node:events');
const { before, describe, test } = require('node:test');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');

const MINUTE = 60_000;

describe('a store', () => {
  const { url, client } = database();
  const store = new PgStore(url);

  before(() => store.setup());

  const secondsLeft = async (id) => {
    const sql = 'SELECT extract(epoch FROM expiry - now())::float8 AS left FROM session WHERE id = $1';
    return (await client.query(sql, [id])).rows[0].left;
  };

  test('is an event emitter with the options of koa-pg-session and their defaults', () => {
    assert(store instanceof EventEmitter);
    const { schema, table, create, cleanupTime } = PgStore.defaultOpts;
    assert.deepEqual({ schema, table, create, cleanupTime }, {
      schema: 'public', table: 'session', create: true, cleanupTime: 2_700_000,
    });
    assert.deepEqual(store.options, PgStore.defaultOpts);
    assert.deepEqual(new PgStore(url, { table: 'other', create: undefined }).options, {
      ...PgStore.defaultOpts, table: 'other',
    });
    PgStore.defaultOpts.table = 'nothing of this stays';
    assert.equal(PgStore.defaultOpts.table, 'session');
  });

  test('sets up once, always returns a promise, and emits connect', async () => {
    const store = new PgStore(url, { table: 'begun' });
    let connects = 0;
    store.on('connect', () => connects++);
    assert.equal(store.ready, false);
    const [first, second] = [store.setup(), store.setup()];
    assert(first instanceof Promise && second instanceof Promise);
    assert.deepEqual(await Promise.all([first, second]), [undefined, undefined]);
    assert.equal(store.ready, true);
    assert.equal(await store.setup(), undefined);
    assert.equal(connects, 1);
  });

  test('waits for a setup in flight', async () => {
    const store = new PgStore(url, { table: 'hurried' });
    store.setup();
    await store.set('a', { n: 1 });
    assert.deepEqual(await store.get('a'), { n: 1 });
  });

  test('sets up by itself if setup was never called', async () => {
    const store = new PgStore(url, { table: 'lazy', cleanupTime: 0 });
    const connected = once(store, 'connect');
    assert.equal(await store.get('a'), false);
    await connected;
    assert.equal(store.ready, true);
    await store.set('a', { n: 1 });
    assert.deepEqual(await store.get('a'), { n: 1 });
    await store.close();
    const closed = new PgStore(url);
    await closed.close();
    assert.equal(closed.ready, false);
  });

  test('returns false if there is no session', async () => {
    assert.equal(await store.get('nobody'), false);
  });

  test('returns exactly the numbers and strings that were set', async () => {
    const session = {
      numbers: [0, -1, 0.1, 1e21, -1e-7, Number.MAX_SAFE_INTEGER],
      strings: ['', '1', 'Zoë \u{1F600}\u2028', '\0', '\uD800', '"\\'],
      truth: [true, false, null],
      'a.b': { '': [] },
    };
    assert.equal(await store.set('a', session), undefined);
    assert.deepEqual(await store.get('a'), session);
    await store.set('a', { other: 1 });
    assert.deepEqual(await store.get('a'), { other: 1 });
  });

  test('stores the result of toJSON', async () => {
    await store.set('date', { at: new Date(0) });
    assert.deepEqual(await store.get('date'), { at: '1970-01-01T00:00:00.000Z' });
  });

  test('accepts times to live in milliseconds, with a default of 45 minutes', async () => {
    const none = [undefined, null, false, 'session'].map((ttl) => [ttl, 2700]);
    for (const [ttl, left] of [...none, [MINUTE, 60], [1500.5, 1.5]]) {
      await store.set('ttl', {}, ttl);
      const seconds = await secondsLeft('ttl');
      assert(seconds <= left + 0.01 && seconds > left - 10, `${ttl}: ${seconds}`);
    }
  });

  test('uses the option ttl if a call has none', async () => {
    const store = new PgStore(url, { ttl: 2 * MINUTE });
    for (const ttl of [undefined, null, 'session']) {
      await store.set('ttl', {}, ttl);
      const seconds = await secondsLeft('ttl');
      assert(seconds <= 120.01 && seconds > 110, `${ttl}: ${seconds}`);
    }
    assert.equal(await store.create('ttl-created', {}), true);
    assert(await secondsLeft('ttl-created') <= 120.01);
    const refused = { code: 'PG_SESSION_CONFIGURATION', message: /must be more than zero .*`ttl`/ };
    assert.throws(() => new PgStore(url, { ttl: 0 }), refused);
    await store.close();
  });

  test('expires a session without any time to live at once', async () => {
    for (const ttl of [0, -1, -Infinity]) {
      await store.set('gone', {}, ttl);
      assert.equal(await store.get('gone'), false, `${ttl}`);
    }
  });

  test('never returns an expired session, even before a sweep', async () => {
    await store.set('old', { n: 1 }, MINUTE);
    await client.query("UPDATE session SET expiry = now() - interval '1 s' WHERE id = 'old'");
    assert.equal(await store.get('old'), false);
  });

  test('destroys a session and returns whether there was one', async () => {
    await store.set('d', {});
    assert.equal(await store.destroy('d'), true);
    assert.equal(await store.get('d'), false);
    assert.equal(await store.destroy('d'), false);
  });

  test('creates a session without overwriting one', async () => {
    assert.equal(await store.create('c', { n: 1 }, MINUTE), true);
    assert.equal(await store.create('c', { n: 2 }, MINUTE), false);
    assert.deepEqual(await store.get('c'), { n: 1 });
  });

  test('touches only live sessions', async () => {
    await store.set('t', { n: 1 }, MINUTE);
    assert.equal(await store.touch('t', 10 * MINUTE), true);
    assert(await secondsLeft('t') > 500);
    assert.equal(await store.touch('nobody', MINUTE), false);
    assert.equal(await store.get('nobody'), false);
  });

  test('lists, counts and clears sessions', async () => {
    const store = new PgStore(url, { table: 'all' });
    await store.setup();
    await Promise.all([store.set('a', { n: 1e21 }), store.set('b', 'text'), store.set('old', {}, 0)]);
    assert.deepEqual(await store.all(), [['a', { n: 1e21 }], ['b', 'text']]);
    assert.equal(await store.count(), 2);
    assert.equal(await store.clear(), undefined);
    assert.deepEqual([await store.all(), await store.count()], [[], 0]);
  });

  test('sweeps expired sessions', async () => {
    const store = new PgStore(url, { table: 'swept', cleanupTime: 0 });
    await store.setup();
    await Promise.all([store.set('a', {}, 0), store.set('b', {}, 0), store.set('c', {})]);
    assert.equal(await store.sweep(), 2);
    assert.equal(await store.sweep(), 0);
  });

  test('sweeps repeatedly in the background', async () => {
    const store = new PgStore(url, { table: 'cleaned', cleanupTime: 20 });
    await store.setup();
    for (const round of [1, 2]) {
      await store.set('a', { round }, 0);
      const deadline = Date.now() + 10_000;
      while ((await client.query('SELECT FROM cleaned')).rowCount > 0) assert(Date.now() < deadline, 'nobody sweeps');
    }
    await store.close();
  });

  test('accepts many concurrent calls, even on one id', async () => {
    const ids = Array.from({ length: 500 }, (_, n) => `many-${n}`);
    await Promise.all(ids.map((id, n) => store.set(id, { n })));
    const sessions = await Promise.all(ids.map((id) => store.get(id)));
    assert.deepEqual(sessions, ids.map((_, n) => ({ n })));
    await Promise.all(ids.map((_, n) => store.set('same', { n })));
    assert.equal(typeof (await store.get('same')).n, 'number');
  });

  test('uses the given columns, schema and table', async () => {
    const names = { schema: 'my "own"', table: 'Sessions', idColumn: 'sid', expiryColumn: 'expire', dataColumn: 'sess' };
    const store = new PgStore(url, names);
    await store.setup();
    await store.set('a', { n: 1 });
    const { rows } = await client.query('SELECT sid, sess FROM "my ""own"""."Sessions"');
    assert.deepEqual(rows, [{ sid: 'a', sess: { n: 1 } }]);
  });

  test('creates no table if create is false, warns once, and works when the table exists', async () => {
    const store = new PgStore(url, { table: 'forbidden', create: false, cleanupTime: 0 });
    let connects = 0;
    store.on('connect', () => connects++);
    const warnings = [];
    const listen = (warning) => warnings.push(warning);
    process.on('warning', listen);
    for (const _ of [1, 2]) assert.equal(await store.setup(), undefined);
    await new Promise(setImmediate);
    process.off('warning', listen);
    assert.deepEqual(warnings.map(({ name }) => name), ['PgSessionWarning']);
    assert.match(warnings[0].message, /the table "public"\."forbidden" does not exist, and the option create is false/);
    const missing = { code: 'PG_SESSION_SETUP', sqlState: '42P01', message: /create is false/, retryable: false };
    const calls = [() => store.get('a'), () => store.set('a', {}), () => store.sweep()];
    // No session has such an id. An answer would look as if the table were there.
    const ids = ['x'.repeat(1_100), 'a\0b', '', '\uD800'];
    for (const id of ids) calls.push(...['get', 'touch', 'destroy', 'take'].map((name) => () => store[name](id)), () => store.rotate(id, 'b'));
    for (const call of calls) await assert.rejects(call(), missing);
    assert.deepEqual([store.ready, connects], [false, 0]);
    assert.equal((await client.query("SELECT to_regclass('forbidden') AS there")).rows[0].there, null);
    await client.query('CREATE TABLE forbidden (id text PRIMARY KEY, expiry timestamptz, session json)');
    assert.equal(await store.get('a'), false);
    await new Promise(setImmediate);
    assert.deepEqual([store.ready, connects], [true, 1]);
    await store.close();
  });

  test('rejects setup if the table has unsuitable columns, whatever create is', async () => {
    await client.query('CREATE TABLE unsuitable (id int PRIMARY KEY, expiry timestamptz, session json)');
    for (const create of [true, false]) {
      await assert.rejects(new PgStore(url, { table: 'unsuitable', create }).setup(), { code: 'PG_SESSION_SETUP' });
    }
  });

  test('rejects values that cannot be stored, and stores nothing', async () => {
    const circular = {};
    circular.itself = circular;
    const invalid = { code: 'PG_SESSION_INVALID_INPUT', name: 'PgSessionError', retryable: false };
    for (const session of [undefined, () => {}, Symbol('s'), circular, { big: 1n }]) {
      await assert.rejects(store.set('refused', session), invalid);
    }
    for (const ttl of [NaN, '1000', {}, Infinity]) await assert.rejects(store.set('refused', {}, ttl), invalid);
    for (const id of ['', 'x'.repeat(1025), 'a\0', '\uD800', undefined, 7]) {
      for (const method of ['set', 'create']) await assert.rejects(store[method](id, {}), invalid);
      await assert.rejects(store.rotate('refused', id), invalid);
    }
    assert.equal(await store.get('refused'), false);
    const small = new PgStore(url, { maxSize: 10 });
    await small.setup();
    const tooLarge = { code: 'PG_SESSION_TOO_LARGE', message: /the limit is 10; .* \(option `maxSize`\)$/ };
    await assert.rejects(small.set('refused', { text: 'too long' }), tooLarge);
  });

  test('finds no session under an id that cannot be stored', async () => {
    for (const id of ['', 'x'.repeat(1025), 'a\0', '\uD800', 'a\uDC00b']) {
      for (const method of ['get', 'destroy', 'take']) assert.equal(await store[method](id), false, method);
      for (const ttl of [undefined, 1000, 0]) assert.equal(await store.touch(id, ttl), false);
      assert.equal(await store.rotate(id, 'new'), 'gone');
    }
    for (const method of ['get', 'destroy', 'take', 'touch']) {
      for (const id of [undefined, null, 7]) await assert.rejects(store[method](id), { code: 'PG_SESSION_INVALID_INPUT' });
    }
  });

  test('stores nothing under an undefined id', async () => {
    for (const id of ['undefined', 'koa:sess:undefined', 'my.app/undefined']) {
      const told = { code: 'PG_SESSION_INVALID_INPUT', message: /await ctx\.session/ };
      await assert.rejects(store.set(id, {}), told);
      await assert.rejects(store.create(id, {}), told);
      assert.equal(await store.destroy(id), false);
    }
  });

  test('accepts valid ids that end in undefined', async () => {
    for (const id of ['koa:sess:dXp4undefined', 'koss:testdXp4Xy-_undefined', '-undefined', 'UNDEFINED']) {
      await store.set(id, { id });
      assert.deepEqual(await store.get(id), { id });
      assert.equal(await store.rotate(id, `${id}undefined`), 'rotated');
    }
  });

  test('keeps apart the texts of calls that cross together', async () => {
    for (const parts of [['a', '', 'bcd'], ['ä', '€€', 'a'], ['😀x', 'z', '', '\u{10ffff}']]) {
      const ids = parts.map((part, n) => `${n}${part}${n}`);
      const outcomes = ids.map((id, n) => store.set(id, { [parts[n]]: parts.join('') }));
      await Promise.all(outcomes);
      const found = await Promise.all(ids.map((id) => store.get(id)));
      assert.deepEqual(found, parts.map((part) => ({ [part]: parts.join('') })));
      await Promise.all(found.map((session, n) => store.update(ids[n], Object.assign(session, { more: '€😀' }), 60_000)));
      assert.equal((await store.get(ids[1])).more, '€😀');
    }
  });

  test('stores no invalid JSON, even if the addon receives it', async () => {
    const { Store, Operation } = require('../lib/native.js');
    const text = (data) => new Promise((resolve) => {
      const { options } = new PgStore(url);
      const settle = (numbers, answers) => answers.forEach((answer, n) => numbers[3 * n] === 2 && resolve(answer));
      const native = new Store(url, options, settle);
      const setup = [1, Operation.Setup, NaN, NaN, NaN, NaN, NaN, NaN];
      const set = [2, Operation.Set, NaN, NaN, 4, data?.length ?? NaN, NaN, NaN];
      native.submit(Float64Array.of(...setup, ...set), `text${data ?? ''}`);
    });
    const alive = setTimeout(() => {}, 10_000);
    for (const data of ['{', '', undefined, 'null null']) {
      assert.equal((await text(data)).code, 'PG_SESSION_INVALID_INPUT', data);
      assert.equal(await store.get('text'), false);
    }
    assert.equal(await text(' {"n": 1} '), null);
    clearTimeout(alive);
    assert.deepEqual(await store.get('text'), { n: 1 });
    const native = new Store(url, new PgStore(url).options, () => {});
    for (const [operation, length] of [[99, NaN], [Operation.Get, 5]]) {
      const call = Float64Array.of(1, operation, NaN, NaN, length, NaN, NaN, NaN);
      assert.throws(() => native.submit(call, 'text'), /different versions; reinstall/);
    }
  });

  test('settles the other calls if one answer cannot be read', async () => {
    const Calls = require('../lib/calls.js');
    const { Operation } = require('../lib/native.js');
    const calls = new Calls(url, new PgStore(url).options);
    await calls.begin([Operation.Setup]);
    const unread = calls.begin([Operation.Count], () => {
      throw new Error('unread');
    });
    const others = [calls.begin([Operation.Get, 'none']), calls.begin([Operation.Get, 'none'], (found) => [found])];
    await assert.rejects(unread, { message: 'unread' });
    assert.deepEqual(await Promise.all(others), [null, [null]]);
    await calls.begin([Operation.Close]);
  });

  test("opens its maximum of connections, and rejects calls beyond the queue's capacity", async () => {
    const named = `${url}?application_name=counted`;
    const store = new PgStore(named, { table: 'counted', connections: 2, maxWaiting: 2, prepare: false });
    await store.setup();
    const count = async () =>
      (await client.query("SELECT FROM pg_stat_activity WHERE application_name = 'counted'")).rowCount;
    assert.equal(await count(), 1);
    // Calls of two kinds do not wait for each other.
    await Promise.all([store.get('1'), store.set('2', {})]);
    const end = Date.now() + 5000;
    while ((await count()) < 2) assert(Date.now() < end, 'no other connection is opened');
    const calls = await Promise.allSettled(Array.from({ length: 50 }, () => store.get('same')));
    const refused = calls.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
    assert(refused.length > 0 && refused.length < 50, `${refused.length} are refused`);
    for (const { code, retryable, message } of refused) {
      assert.equal(code, 'PG_SESSION_OVERLOADED');
      assert.equal(retryable, true);
      assert.match(message, /queue is full: 2 calls .*\(option `maxWaiting`\)$/);
    }
    assert.equal(await count(), 2);
    await store.close();
  });

  test('prepares statements unless the option prepare is false', async () => {
    const prepared = async (prepare) => {
      // Only the connection itself sees its prepared statements, so a trigger stores their number as the data.
      const store = new PgStore(url, { table: `prepared_${prepare}`, prepare, connections: 1 });
      await store.setup();
      await client.query(`CREATE FUNCTION count_${prepare}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.session = (SELECT to_json(count(*)) FROM pg_prepared_statements); RETURN NEW; END $$;
        CREATE TRIGGER count BEFORE INSERT ON prepared_${prepare} FOR EACH ROW EXECUTE FUNCTION count_${prepare}()`);
      await store.get('a');
      await store.set('a', {});
      const number = await store.get('a');
      await store.close();
      return number;
    };
    assert.equal(await prepared(false), 0);
    assert(await prepared(true) > 0);
  });

  test('closes, also twice, and rejects later calls', async () => {
    const store = new PgStore(url);
    await store.setup();
    const last = store.set('last', { n: 1 });
    await Promise.all([last, store.close()]);
    assert.equal(await store.close(), undefined);
    await assert.rejects(store.get('last'), { code: 'PG_SESSION_UNAVAILABLE', message: /closed/ });
  });

  test('exposes the SQLSTATE', async () => {
    const store = new PgStore(url, { table: 'checked', touchEvery: 0, timeout: 4000 });
    await store.setup();
    await client.query(`ALTER TABLE checked ADD CHECK (id <> 'no')`);
    await assert.rejects(store.set('no', {}), { code: 'PG_SESSION_DATABASE', sqlState: '23514', retryable: false });
  });

  test('throws on unknown options and suggests the nearest name', () => {
    const refused = (options, message) => {
      assert.throws(() => new PgStore(url, options), { code: 'PG_SESSION_CONFIGURATION', message });
    };
    refused({ tabel: 'x' }, /`tabel`.*`table`/);
    refused({ cleanup: 1 }, /`cleanup`.*`cleanupTime`/);
    refused({ table: 7 }, /`table` must be a string/);
    refused({ create: 'no' }, /`create` must be a boolean/);
    refused({ cleanupTime: -1 }, /`cleanupTime` must be a number/);
    refused({ timeout: NaN }, /`timeout` must be a number/);
    refused({ table: '' }, /is empty.*\(option `table`\)/);
    refused({ idColumn: '' }, /is empty.*\(option `idColumn`\)/);
    refused({ maxSize: 0 }, /must be 1 to .*`maxSize`/);
    refused({ connections: 65 }, /must be 1 to 64.*`connections`/);
    refused({ maxWaiting: 0 }, /must be more.*`maxWaiting`/);
    refused({ prepare: 1 }, /`prepare` must be a boolean/);
    refused({ timeout: 0 }, /must be more.*`timeout`/);
    refused({ cleanupTime: 1e300 }, /must be at most.*`cleanupTime`/);
  });
});

'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const co = require('co');

const PgStore = require('pg-session');
const { database } = require('./support/database.js');
const { open, visit } = require('./support/visit.js');

describe("the usage of koa-pg-session", () => {
  const { url, client } = database();

  test('works on Koa 1 with koa-generic-session 1', async () => {
    var session = require('koa-generic-session1');

    var app = require('koa1')();
    var pgStore = new PgStore(url);
    app.use(session({
        store: pgStore
    }));

    const ready = pgStore.setup().then(function(){
        app.keys = ['the README leaves them to the application'];
    });

    //Whenever we visit the server, update a counter variable in the session and render it as JSON
    app.use(function *() {
        this.body = this.session.counter++;
    });

    await ready;
    // Incrementing undefined gives NaN, which is null in JSON; incrementing null gives 0.
    assert.deepEqual(await visit(app, ['/', '/', '/', '/']), ['null', '0', '1', '2']);
    const { rows } = await client.query('SELECT id, session FROM session');
    assert.match(rows[0].id, /^koa:sess:/);
    assert.equal(rows[0].session.counter, 3);
  });

  test('works on Koa 3 with koa-generic-session 2', async () => {
    const Koa = require('koa');
    const session = require('koa-generic-session');

    const app = new Koa();
    app.keys = ['key'];
    const store = new PgStore(url);
    app.use(session({ store, allowEmpty: true }));
    app.use(async (ctx) => {
      if (ctx.path === '/logout') ctx.session = null;
      else ctx.session.counter = (ctx.session.counter ?? 0) + 1;
      ctx.body = String(ctx.session?.counter);
    });
    await store.setup();

    assert.deepEqual(await visit(app, ['/', '/', '/logout', '/']), ['1', '2', 'undefined', '1']);
  });

  test('stores nothing under koa:sess:undefined in deferred mode, and says what to do', async () => {
    const Koa = require('koa');
    const session = require('koa-generic-session');

    const app = new Koa();
    app.keys = ['key'];
    const errors = [];
    app.on('error', (error) => errors.push(error));
    const store = new PgStore(url, { table: 'deferred' });
    app.use(session({ store, defer: true }));
    app.use(async (ctx) => {
      if (ctx.path === '/read') (await ctx.session).n = 1;
      else ctx.session = ctx.path === '/logout' ? null : { n: 2 };
      ctx.body = '';
    });
    await store.setup();

    assert.deepEqual(await visit(app, ['/assign']), ['Internal Server Error']);
    assert.match(errors[0].message, /deferred mode, `await ctx\.session`/);
    assert.deepEqual(await visit(app, ['/logout']), ['']);
    assert.equal(await store.count(), 0);
    assert.deepEqual(await visit(app, ['/read', '/assign']), ['', '']);
    const [[id, { n }], ...others] = await store.all();
    assert.deepEqual([n, others], [2, []]);
    assert.match(id, /^koa:sess:[\w-]{32}$/);
    assert.equal(errors.length, 1);
  });

  test('serves koa-session 7 with cookies of every age', async () => {
    const Koa = require('koa');
    const session = require('koa-session').default;

    const store = new PgStore(url, { table: 'koa_session' });
    await store.setup();
    for (const [maxAge, left] of [[undefined, 86_400], [60_000, 60], ['session', 2700]]) {
      const app = new Koa();
      app.keys = ['key'];
      app.use(session({ store, maxAge }, app));
      app.use((ctx) => {
        if (ctx.path === '/logout') ctx.session = null;
        else ctx.session.counter = (ctx.session.counter ?? 0) + 1;
        ctx.body = String(ctx.session?.counter);
      });
      assert.deepEqual(await visit(app, ['/', '/']), ['1', '2']);
      const { rows } = await client.query('SELECT extract(epoch FROM expiry - now())::float8 AS left FROM koa_session');
      assert(rows.length === 1 && rows[0].left <= left && rows[0].left > left - 10, `${maxAge}: ${rows[0]?.left}`);
      assert.deepEqual(await visit(app, ['/', '/logout', '/']), ['1', 'undefined', '1']);
      await store.clear();
    }
  });

  test("moves the expiry in koa-session's data together with that of the row", async () => {
    const Koa = require('koa');
    const store = new PgStore(url, { table: 'rolling' });
    await store.setup();
    const app = new Koa();
    app.keys = ['key'];
    app.use(require('koa-session').createSession({ store, maxAge: 60_000, rolling: true }, app));
    app.use((ctx) => {
      if (!ctx.session.populated) ctx.session.n = 1;
      ctx.body = String(ctx.session._expire);
    });
    const { visitor, close } = await open(app);
    const get = visitor();
    const noted = async (milliseconds) => {
      const sql = "UPDATE rolling SET session = jsonb_set(session::jsonb, '{_expire}', to_jsonb($1::float8))";
      if (milliseconds) await client.query(sql, [Date.now() + milliseconds]);
      await get('/');
      return (await store.get((await store.all())[0][0]))._expire - Date.now();
    };
    assert(await noted() > 59_000);
    const late = await noted(58_000);
    assert(late > 57_000 && late <= 58_000, `within a twentieth: ${late}`);
    assert(await noted(56_000) > 59_000);
    close();
  });

  test('supports yield in co and yield* in generators', async () => {
    const store = new PgStore(url);
    const answered = await co(function* () {
      yield store.setup();
      yield* store.set('a', { n: 1 });
      const one = yield store.get('a');
      const two = yield* store.get('a');
      yield* store.destroy('a');
      return [one, two, yield* store.get('a'), yield [store.get('a'), store.get('b')]];
    });
    assert.deepEqual(answered, [{ n: 1 }, { n: 1 }, false, [false, false]]);
    await assert.rejects(co(function* () {
      try {
        yield* store.get(7);
      } catch (error) {
        throw new Error(`caught ${error.code}`);
      }
    }), /caught PG_SESSION_INVALID_INPUT/);
  });

  test('does not require waiting for setup', async () => {
    const store = new PgStore(url, { table: 'unawaited' });
    store.setup();
    assert.equal(await store.get('a'), false);
  });
});

'use strict';

// Serves an app that counts its visitors' views, on Koa with the given store: node koa.js <store>

const { randomBytes } = require('node:crypto');
const Koa = require('koa');
const session = require('koa-generic-session');

const stores = {
  'pg-session': async () => {
    const PgStore = require('pg-session');
    const store = new PgStore(process.env.DATABASE_URL, { table: 'koa' });
    await store.setup();
    return store;
  },
  'koa-redis': async () => require('koa-redis')({ path: process.env.REDIS_SOCKET }),
};

async function main(name) {
  const app = new Koa();
  app.keys = [randomBytes(32).toString('hex')];
  app.use(session({ store: await stores[name]() }));
  app.use((ctx) => {
    ctx.session.views = (ctx.session.views ?? 0) + 1;
    ctx.body = { views: ctx.session.views };
  });
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
  process.once('SIGTERM', () => process.exit());
}

main(process.argv[2]);

import PgStore, { PgStore as Named } from 'pg-session';

interface Visit {
  views: number;
}

declare const pool: { query(sql: string, params: string[]): Promise<{ rows: { [column: string]: unknown }[] }> };

const store = new PgStore<Visit>('postgres://localhost/app', { table: 'visit', cleanupTime: 0 });
new PgStore({ host: 'localhost', port: 5432, user: 'u', password: 'p', ssl: { ca: ['pem'] } });
new PgStore((sql, params) => pool.query(sql, params));
new Named(async () => [{ a: 1 }]);

// @ts-expect-error: a connection is needed
new PgStore();
// @ts-expect-error: there is no such option
new PgStore('postgres://localhost/app', { tabel: 'x' });

await store.setup();
store.once('connect', () => {});
const found = await store.get('id');
if (found) {
  const views: number = found.views;
  await store.set('id', { views: views + 1 }, 60_000);
}
// @ts-expect-error: it is false where there is none
found.views;
// @ts-expect-error: this is no visit
await store.set('id', { clicks: 1 });

const ready: boolean = store.ready;
const touched: boolean = await store.touch('id', 1000);
const created: boolean = await store.create('id', { views: 1 });
const swept: number = await store.sweep();
const time: number = PgStore.defaultOpts.cleanupTime + store.options.timeout;
await store.close();

function* generator(): Generator<unknown, number, never> {
  const session = yield* store.get('id');
  return session ? session.views : 0;
}

try {
  await store.destroy('id');
} catch (error) {
  const { code, sqlState, retryable } = error as PgStore.PgSessionError;
  const text: string | undefined = code === 'PG_SESSION_UNAVAILABLE' ? sqlState : undefined;
  const again: boolean = retryable;
}

import expressSession from 'express-session';
import type { SessionStore } from '@fastify/session';
import PgStore, { PgStore as Named } from 'pg-session';
import ExpressStore, { PgStore as NamedForExpress } from 'pg-session/express';
import FastifyStore, { PgStore as NamedForFastify } from 'pg-session/fastify';

interface Visit {
  views: number;
}

declare const pool: { query(sql: string, params: string[]): Promise<{ rows: { [column: string]: unknown }[] }> };

const store = new PgStore<Visit>('postgres://localhost/app', { table: 'visit', cleanupTime: 0 });
new PgStore({ host: 'localhost', port: 5432, user: 'u', password: 'p', ssl: { ca: ['pem'] } });
new PgStore((sql, params) => pool.query(sql, params));
new Named(async () => [{ a: 1 }]);

new PgStore();
new PgStore(process.env.DATABASE_URL, { table: 'visit' });
new PgStore({ connectionString: process.env.DATABASE_URL, ssl: { require: true, rejectUnauthorized: false } });
new PgStore({ connectionString: new URL('postgres://localhost/app'), ssl: 'no-verify', password: async () => 'token' });
new PgStore({ host: '10.0.0.1', password: () => 'token', ssl: { sslmode: 'verify-ca', ca: '/ca.pem', servername: 'db', minVersion: 'TLSv1.3' } });
new PgStore({ hostaddr: '10.0.0.1', statement_timeout: false, target_session_attrs: 'read-write', sslmode: 'verify-full' });
new PgStore({ pool });
new ExpressStore();
new FastifyStore({ client: pool });
// @ts-expect-error: a password is a string
new PgStore({ host: 'localhost', password: () => 7 });
// @ts-expect-error: there is no such mode
new PgStore({ host: 'localhost', ssl: 'verify' });
// @ts-expect-error: null is no connection
new PgStore(null);
// @ts-expect-error: options are the second argument
new PgStore({ pool, table: 'visit' });
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

await store.set('id', { views: 1 }, 'session');

const outcome: 'saved' | 'merged' | 'unchanged' | 'gone' = await store.update('id', { views: 2 }, 60_000);
const rotated: 'rotated' | 'exists' | 'gone' = await store.rotate('id', 'new');
const taken: Visit | false = await store.take('new');
const mine: [string, Visit][] = await store.sessionsOf(7);
const destroyed: number = await store.destroySessionsOf('7', 'id');
const endedDevice: boolean = await store.destroyHandle('7', ExpressStore.handle('id'));
store.on('gone', () => {});
new PgStore('postgres://localhost/app', { subject: 'user.id', maxAge: 86_400_000 });
// @ts-expect-error: a session is not a subject
await store.sessionsOf({ views: 1 });

const entries: [string, Visit][] = await store.all();
const live: number = await store.count();
await store.clear();
const ready: boolean = store.ready;
const touched: boolean = await store.touch('id', 1000);
const created: boolean = await store.create('id', { views: 1 });
const swept: number = await store.sweep();
const time: number = PgStore.defaultOpts.cleanupTime + store.options.timeout;
await store.close();

const forGenerators: PgStore.Yieldable<PgStore<Visit>> = store as PgStore.Yieldable<PgStore<Visit>>;
function* generator(): Generator<unknown, number, never> {
  const session = yield* forGenerators.get('id');
  return session ? session.views : 0;
}

try {
  await store.destroy('id');
} catch (error) {
  const { code, sqlState, retryable } = error as PgStore.PgSessionError;
  const text: string | undefined = code === 'PG_SESSION_UNAVAILABLE' ? sqlState : undefined;
  const again: boolean = retryable;
}

declare module 'express-session' {
  interface SessionData {
    views: number;
  }
}

const forExpress = new ExpressStore('postgres://localhost/app', { table: 'visit' });
expressSession({ store: forExpress, secret: 's' });
forExpress.get('id', (error, session) => session?.views.toFixed());
forExpress.all((error, sessions) => sessions?.map(({ id, views }) => id.repeat(views)));
forExpress.length((error, length) => length?.toFixed());
// @ts-expect-error: there is no such option
new NamedForExpress('postgres://localhost/app', { tabel: 'x' });
await forExpress.setup();
forExpress.take('id', (error, session) => session?.views.toFixed());
const visits: number[] = (await forExpress.sessionsOf(7)).map(([, { views }]) => views);
const ended: number = await new NamedForFastify('postgres://localhost/app').destroySessionsOf(7);

const forFastify: SessionStore = new FastifyStore('postgres://localhost/app');
const times: number = NamedForFastify.defaultOpts.cleanupTime + (await forExpress.sweep());

import { PgSessionError } from 'pg-session';
import { PgSessionError as SameForExpress } from 'pg-session/express';
import { PgSessionError as SameForFastify } from 'pg-session/fastify';

const isOurs = (error: unknown) => error instanceof PgSessionError && error.code === 'PG_SESSION_SETUP' && error.cause;
const classes: (typeof PgSessionError)[] = [SameForExpress, SameForFastify, PgStore.PgSessionError];
// @ts-expect-error: only the store makes them
new PgSessionError();

import knex from 'knex';
import { Kysely, PostgresDialect } from 'kysely';
import pgPromise from 'pg-promise';
import postgres from 'postgres';
import { Sequelize } from 'sequelize';
import { DataSource } from 'typeorm';

declare const pglite: { query<T>(query: string, params?: unknown[], options?: object): Promise<{ rows: T[] }> };
declare const drizzle: { execute(query: string): Promise<unknown> } & { $client: object };
declare const dialect: PostgresDialect;
for (const connection of [
  new URL('postgres://localhost/app'), drizzle, knex({ client: 'pg' }), new Kysely<object>({ dialect }),
  pgPromise()('postgres://localhost/app'), postgres('postgres://localhost/app'), new Sequelize('postgres://localhost/app'),
  new DataSource({ type: 'postgres' }), pglite,
]) {
  new PgStore(connection, { ttl: 86_400_000 });
}
new PgStore(async () => [[{ id: 'id' }], 1]);
// @ts-expect-error: this is no connection
new PgStore({ hots: 'localhost' });

import { createSession } from 'koa-session';

declare const koa: Parameters<typeof createSession>[1];
const untyped = new PgStore('postgres://localhost/app');
const anyData: PgStore.SessionData | false = await untyped.get('id');
// @ts-expect-error: a value of unknown type needs a check
if (anyData) anyData.views.toFixed();
createSession({ store: untyped }, koa);
createSession({ store: new PgStore<Visit>('postgres://localhost/app') }, koa);
forFastify.get('id', (error, session) => session?.cookie.originalMaxAge);
forExpress.on('gone', () => {}).once('connect', () => {}).on('other', (error: Error) => error.message);
forExpress.get('id', (error) => error?.retryable);

const visit: Visit = { views: 1 };
await untyped.set('id', visit);
await untyped.create('id', visit);
await untyped.update('id', visit);
// @ts-expect-error: this is no object
await untyped.set('id', 'visit');
// @ts-expect-error: the type of a key is wrong
await new PgStore<{ views?: number }>('postgres://localhost/app').set('id', { views: 'one' });
const save = <Data,>(store: PgStore<Data>, data: Data) => store.set('id', data);

import type { Request } from 'express';
import { type Session as ExpressSession, type SessionData, Store as ExpressParent } from 'express-session';

class TracedForExpress extends ExpressStore {
  override createSession(request: Request, data: SessionData): ExpressSession & SessionData {
    return super.createSession(request, data);
  }
  override regenerate(request: Request, callback: (error?: unknown) => void): void {
    super.regenerate(request, callback);
  }
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    return super.emit(event, ...args);
  }
  override get(id: string, callback: (error: PgSessionError | null, session?: SessionData | null) => void): void {
    super.get(id, callback);
  }
  override set(id: string, session: SessionData, callback?: (error?: any) => void): void {
    super.set(id, session, callback);
  }
  override async sweep(): Promise<number> {
    return super.sweep();
  }
}
class TracedForFastify extends FastifyStore {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    return super.emit(event, ...args);
  }
  override get(id: string, callback: (error: any, session?: Parameters<SessionStore['set']>[1] | null) => void): void {
    super.get(id, callback);
  }
  override destroy(id: string, callback?: (error: PgSessionError | null) => void): void {
    super.destroy(id, callback);
  }
}
const parent: ExpressParent = new TracedForExpress('postgres://localhost/app');
const traced: SessionStore = new TracedForFastify('postgres://localhost/app');

declare const data: SessionData;
const done = (error?: Error) => {};
forExpress.set('id', data, done);
forExpress.destroy('id', done);
forExpress.touch('id', data, (error: Error | null) => {});
forExpress.clear((error: unknown) => {});
forExpress.get('id', (error?: Error, session?: SessionData | null) => session?.views);
new FastifyStore('postgres://localhost/app').destroy('id', done);
// @ts-expect-error: a session is no number
forExpress.get('id', (error?: Error, session?: number) => {});
// @ts-expect-error: an error is no number
forExpress.destroy('id', (error: number) => {});
forExpress.set('id', data, (error) => error?.retryable);

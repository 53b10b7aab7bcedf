import { EventEmitter } from 'node:events';

/**
 * Sessions in a PostgreSQL table. `Data` is what a session holds.
 *
 * The clock is the database's, always. Ids are strings of 1 to 1,024 bytes in UTF-8, without NUL. Every time to live is
 * in milliseconds; a session expires at once if it is zero or less. Where none is given, it is the `originalMaxAge` of
 * the session's cookie, else the option `ttl`, or what the session has left if that is more. Every method answers a
 * promise, which is rejected with a {@link PgStore.PgSessionError}.
 */
declare class PgStore<Data = any> extends EventEmitter {
  /**
   * Connects to nothing yet.
   *
   * @throws {PgStore.PgSessionError} `PG_SESSION_CONFIGURATION`: the connection or an option cannot be used.
   */
  constructor(connection: PgStore.Connection, options?: PgStore.Options);

  /** The options' defaults. */
  static readonly defaultOpts: PgStore.CompleteOptions;

  /** The options, with the defaults filled in. */
  readonly options: PgStore.CompleteOptions;

  /** Whether the table was found or created, by `setup` or by another call; `connect` is emitted when it was. */
  readonly ready: boolean;

  /**
   * Finds or creates the table, checks that it fits, and starts the sweeper. Idempotent. Where it was not called, the first
   * call of another method does the same. Its rejection need not be caught: the next call tries again, and tells.
   *
   * If `create` is false and the table is missing, it resolves with a warning of the process, and every call is rejected
   * with `PG_SESSION_SETUP` until the table is there.
   */
  setup(): PgStore.Answer<void>;

  /**
   * The live session, or `false`. Never an expired one. Never writes. The store remembers what it has handed out, by the
   * object's identity, as long as you keep that; `set` and `update` are against it. A date in `cookie.expires` is when
   * the session ends. The last two are koa-session's.
   */
  get(sid: string, maxAge?: PgStore.Ttl, context?: PgStore.Context): PgStore.Answer<Data | false>;

  /**
   * Inserts or replaces, in one atomic statement. The very object that `get` answered for this id it updates, as `update`
   * does: if the session is gone, that is no error, but the event `gone`. The last one is koa-session's.
   */
  set(sid: string, session: Data, ttl?: PgStore.Ttl, context?: PgStore.Context): PgStore.Answer<void>;

  /**
   * Saves the very object that `get` answered for this id, or that was saved since, together with what others have changed
   * meanwhile. Never inserts. Objects merge by key, all the way down; of anything else that both changed yours stands; what
   * one side removed stays so. What has not changed is at most touched; nor is a cookie a change whose time alone has moved.
   *
   * Rejected with `PG_SESSION_INVALID_INPUT` for any other object.
   */
  update(sid: string, session: Data, ttl?: PgStore.Ttl): PgStore.Answer<'saved' | 'merged' | 'unchanged' | 'gone'>;

  /** Inserts unless a live session has that id; whether it did. */
  create(sid: string, session: Data, ttl?: PgStore.Ttl): PgStore.Answer<boolean>;

  /**
   * Moves the expiry; whether the session lives. Never inserts. Without a time to live it shortens no session. Does not wait
   * for the disk, unless the session ends sooner by it: a crash of the server may take the touches of its last instants
   * back.
   */
  touch(sid: string, ttl?: PgStore.Ttl): PgStore.Answer<boolean>;

  /** Deletes the session; whether there was a live one. No `update` brings it back. The last one is koa-session's. */
  destroy(sid: string, context?: PgStore.Context): PgStore.Answer<boolean>;

  /** Deletes the session, and answers it as it was, or `false`. Of several calls at once, one gets it. */
  take(sid: string): PgStore.Answer<Data | false>;

  /** Gives the session a new id, in one atomic statement. Of several calls at once one wins, and the old id is dead. */
  rotate(old: string, sid: string): PgStore.Answer<'rotated' | 'exists' | 'gone'>;

  /** The live sessions whose data has this value at the path of the option `subject`, the one that lives longest first. */
  sessionsOf(user: PgStore.Subject): PgStore.Answer<[sid: string, session: Data][]>;

  /** Deletes them, but for the id `except`: "log out everywhere else". How many lived. */
  destroySessionsOf(user: PgStore.Subject, except?: string): PgStore.Answer<number>;

  /** All live sessions with their ids, in pages: not one moment's picture. */
  all(): PgStore.Answer<[sid: string, session: Data][]>;

  /** How many sessions live. Reads the whole table. */
  count(): PgStore.Answer<number>;

  /** Deletes all sessions: everybody is logged out. */
  clear(): PgStore.Answer<void>;

  /** Deletes the expired; how many. */
  sweep(): PgStore.Answer<number>;

  /** Lets what is under way finish, and closes the store's own connections. Idempotent; later calls are rejected. */
  close(): PgStore.Answer<void>;

  /** `gone`: a save has found its session gone, and was dropped. */
  on(event: 'connect' | 'gone', listener: () => void): this;
  once(event: 'connect' | 'gone', listener: () => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  once(event: string | symbol, listener: (...args: any[]) => void): this;
}

declare namespace PgStore {
  export { PgStore, PgStore as default };

  /** A promise, which generators of co and Koa 1 may also `yield*`. */
  export interface Answer<T> extends Promise<T> {
    [Symbol.iterator](): Generator<Answer<T>, T, T>;
  }

  /** Milliseconds; the others are how middlewares say that there are none. */
  export type Ttl = number | 'session' | false | null;

  /** What koa-session says besides. What a request has loaded, its `ctx` carries to what it saves. */
  export interface Context {
    ctx?: object;
    changed?: boolean;
    rolling?: boolean;
  }

  /** Whose sessions, as the data has it; a number is its digits. */
  export type Subject = string | number | boolean;

  /** A connection string as libpq takes it, an object as node-postgres does, or a client or a function that you have. */
  export type Connection = string | URL | ConnectionObject | Client | Query;

  /**
   * Runs one statement. Every parameter is text, and so is every column of the result. Rows may be arrays or objects; a pair
   * of them and of what else there is to tell will do too.
   */
  export type Query = (sql: string, params: string[]) => PromiseLike<
    readonly object[] | { readonly rows: readonly object[] } | readonly [rows: readonly object[], more: unknown]
  >;

  /**
   * A Pool or a connected Client of pg, a database of pg-promise, Drizzle, Kysely or PGlite, a DataSource of TypeORM, an
   * instance of Sequelize or Knex, the `sql` of postgres.js, or any other object with such a method `query`. The store
   * never closes it.
   */
  export type Client =
    | { query(...args: any[]): any }
    | { $client: any }
    | { executeQuery(...args: any[]): any }
    | { raw(...args: any[]): any; client: any }
    | { unsafe(...args: any[]): any };

  export interface ConnectionObject {
    connectionString?: string;
    host?: string;
    port?: number | string;
    user?: string;
    password?: string;
    database?: string;
    ssl?: boolean | TlsOptions;
    application_name?: string;
    fallback_application_name?: string;
    client_encoding?: string;
    options?: string;
    connectionTimeoutMillis?: number;
    keepAlive?: boolean;
    keepAliveInitialDelayMillis?: number;
    statement_timeout?: number;
    lock_timeout?: number;
    idle_in_transaction_session_timeout?: number;
    /** Options of a pool are taken, and have no effect. */
    max?: number;
    min?: number;
    poolSize?: number;
    idleTimeoutMillis?: number;
    allowExitOnIdle?: boolean;
    maxUses?: number;
    maxLifetimeSeconds?: number;
    binary?: boolean;
    types?: unknown;
    parseInputDatesAsUTC?: boolean;
    query_timeout?: number;
    Promise?: unknown;
  }

  /** As Node's `tls.connect` has them; `ca`, `cert` and `key` are in PEM form. */
  export interface TlsOptions {
    rejectUnauthorized?: boolean;
    ca?: string | Uint8Array | readonly (string | Uint8Array)[];
    cert?: string | Uint8Array;
    key?: string | Uint8Array;
  }

  export interface Options {
    /** Of the table. Default: `public`. */
    schema?: string;
    /** Default: `session`. */
    table?: string;
    /** Whether `setup` may create the table. Default: true. */
    create?: boolean;
    /** Milliseconds between two sweeps of the expired; 0 for none. Default: 2,700,000. */
    cleanupTime?: number;
    /** Default: `id`. */
    idColumn?: string;
    /** Default: `expiry`. */
    expiryColumn?: string;
    /** Default: `session`. */
    dataColumn?: string;
    /** Milliseconds that a session lives where nothing else says so. Default: 2,700,000. */
    ttl?: number;
    /** The largest session, in bytes of its JSON; 1 to 268,435,456. Default: 1,048,576. */
    maxSize?: number;
    /** Milliseconds that a stored expiry may lag behind before a touch writes; 0 for none. Default: ttl / 20. */
    touchEvery?: number;
    /** Milliseconds that a session lives at most, however often it is touched; needs a column `created`. Default: none. */
    maxAge?: number;
    /** The path in the data that names whose session it is, such as `user.id`. Default: none. */
    subject?: string;
    /** Milliseconds that one statement may take at most, waiting included. Default: 5,000. */
    timeout?: number;
    /** The store's own connections, each opened when it is needed; 1 to 64. Default: 2. */
    connections?: number;
    /** How many calls may wait for them; more fail at once with `PG_SESSION_OVERLOADED`. Default: 10,000. */
    maxWaiting?: number;
    /** Whether statements are prepared; behind a transaction pooler the store stops that by itself. Default: true. */
    prepare?: boolean;
  }

  type WithoutDefault = 'touchEvery' | 'maxAge' | 'subject';
  export type CompleteOptions = Required<Omit<Options, WithoutDefault>> & Pick<Options, WithoutDefault>;

  /** What every failure is. */
  export class PgSessionError extends Error {
    readonly code:
      | 'PG_SESSION_CONFIGURATION'
      | 'PG_SESSION_SETUP'
      | 'PG_SESSION_INVALID_INPUT'
      | 'PG_SESSION_TOO_LARGE'
      | 'PG_SESSION_UNAVAILABLE'
      | 'PG_SESSION_OVERLOADED'
      | 'PG_SESSION_CONFLICT'
      | 'PG_SESSION_DATABASE';
    /** PostgreSQL's own code, where it gave one. */
    readonly sqlState?: string;
    /** Whether the same call may simply be made again: it does no harm, and may succeed. */
    readonly retryable: boolean;
    /**
     * What the application's function or client threw, where that is why and PostgreSQL gave no code; of an error that holds
     * the statement or its parameters, the first error within it that does not, or undefined.
     */
    readonly cause?: unknown;
    private constructor();
  }
}

export = PgStore;

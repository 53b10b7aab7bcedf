import { EventEmitter } from 'node:events';

/**
 * Sessions in a PostgreSQL table. `Data` is the data of a session.
 *
 * - Whether a session is live is decided by the clock of the database.
 * - An id is a string of 1 to 1,024 bytes in UTF-8, without NUL.
 * - A time to live is in milliseconds. Zero or less expires the session at once. Without one, the `originalMaxAge` of the
 *   session's cookie applies; without that, the option `ttl`, or the session's remaining time if that is longer.
 * - Every method returns a promise, which is rejected with a {@link PgStore.PgSessionError}.
 */
declare class PgStore<Data = PgStore.SessionData> extends EventEmitter {
  /**
   * Creates a store. It connects with the first call.
   *
   * @param connection Without one, the environment variable `DATABASE_URL` has it, or else the variables of libpq, such as
   * `PGHOST`.
   * @throws {PgStore.PgSessionError} `PG_SESSION_CONFIGURATION`: the connection or an option is invalid, or there is no
   * connection.
   */
  constructor(connection?: PgStore.Connection, options?: PgStore.Options);

  /** The defaults of the options. */
  static readonly defaultOpts: PgStore.CompleteOptions;

  /** The options, with the defaults filled in. */
  readonly options: PgStore.CompleteOptions;

  /** Whether the table has been found or created, by `setup` or by another call. The store then emits `connect`. */
  readonly ready: boolean;

  /**
   * Finds or creates the table, checks its columns, and starts the background sweeper. Idempotent. If it is not called, the
   * first call of another method does the same.
   *
   * A rejection may be ignored: the next call tries again. If `create` is false and the table is missing, `setup` resolves
   * and emits a process warning, and calls are rejected with `PG_SESSION_SETUP` until the table exists.
   */
  setup(): Promise<void>;

  /**
   * Returns the live session, or `false`. Never writes. A date in `cookie.expires` is replaced by the session's expiry.
   *
   * The store remembers the state of the object that it returns. `set` and `update` merge against that state.
   *
   * @param maxAge Ignored; koa-session passes it.
   * @param context Passed by koa-session.
   */
  get(sid: string, maxAge?: PgStore.Ttl, context?: PgStore.Context): Promise<Data | false>;

  /**
   * Inserts or replaces a session, in one atomic statement. The object that `get` returned for this id is saved as by
   * `update` instead; if the session was deleted in the meantime, the store emits `gone`, and the promise resolves.
   *
   * @param context Passed by koa-session.
   */
  set(sid: string, session: PgStore.Storable<Data>, ttl?: PgStore.Ttl, context?: PgStore.Context): Promise<void>;

  /**
   * Saves the object that `get` returned for this id, or that was saved since. Merges it with concurrent changes:
   *
   * - Objects merge by key, at every depth. For any other value that both sides changed, the last write wins.
   * - A removed key stays removed.
   * - Unchanged data is not written; the expiry moves as by `touch`. A cookie in which only times differ is unchanged.
   *
   * Never inserts. Returns `saved`; `merged` with concurrent changes; `unchanged`; or `gone` if the session was deleted.
   * Rejected with `PG_SESSION_INVALID_INPUT` for any other object.
   */
  update(sid: string, session: PgStore.Storable<Data>, ttl?: PgStore.Ttl): Promise<'saved' | 'merged' | 'unchanged' | 'gone'>;

  /** Inserts a session unless a live one has this id. Returns whether it did. */
  create(sid: string, session: PgStore.Storable<Data>, ttl?: PgStore.Ttl): Promise<boolean>;

  /**
   * Moves the expiry. Returns whether the session is live. Never inserts. Without a time to live, it never shortens the
   * session.
   *
   * Commits asynchronously unless it shortens the session: a crash of the server may lose the touches of the last moments.
   */
  touch(sid: string, ttl?: PgStore.Ttl): Promise<boolean>;

  /**
   * Deletes a session. Returns whether it was live. No `update` or `touch` brings it back.
   *
   * @param context Passed by koa-session.
   */
  destroy(sid: string, context?: PgStore.Context): Promise<boolean>;

  /** Deletes a session and returns it, or `false`. Of several concurrent calls, one gets the session. */
  take(sid: string): Promise<Data | false>;

  /**
   * Gives a session a new id, in one atomic statement. Of several concurrent calls, one wins, and the old id is invalid.
   * Returns `rotated`; `exists` if a live session has the new id; or `gone` if none has the old one.
   */
  rotate(old: string, sid: string): Promise<'rotated' | 'exists' | 'gone'>;

  /**
   * Returns the ids and data of the user's live sessions, the one with the most time left first. Requires the option
   * `subject`.
   */
  sessionsOf(user: PgStore.Subject): Promise<[sid: string, session: Data][]>;

  /**
   * Deletes the user's sessions, except the one with the id `except`: "log out everywhere else". Requires the option
   * `subject`. Returns how many live sessions it deleted.
   */
  destroySessionsOf(user: PgStore.Subject, except?: string): Promise<number>;

  /**
   * Returns a public name of the session with this id: 32 hexadecimal digits, from a hash of the id. Unlike the id, it may be
   * shown, as in the form of a "my devices" page. A session that gets a new id gets a new handle.
   */
  static handle(sid: string): string;

  /**
   * Deletes the user's session that has this handle. Requires the option `subject`. Returns whether there was a live one.
   * Only the user's own sessions are searched, so nobody can end the session of someone else.
   */
  destroyHandle(user: PgStore.Subject, handle: string): Promise<boolean>;

  /** Returns the ids and data of all live sessions. Reads in pages, so the result is not a snapshot. */
  all(): Promise<[sid: string, session: Data][]>;

  /** Returns the number of live sessions. Reads the whole table. */
  count(): Promise<number>;

  /** Deletes all sessions, so that all users are logged out. */
  clear(): Promise<void>;

  /** Deletes all expired sessions. Returns how many it deleted. The background sweeper does the same every `cleanupTime`. */
  sweep(): Promise<number>;

  /** Waits for calls in flight, and closes the store's own connections. Idempotent. Later calls are rejected. */
  close(): Promise<void>;

  /**
   * `connect`: the table has been found or created. `created`: the store has created something, such as
   * `table "public"."session"`. `gone`: a save found its session deleted, and was dropped.
   */
  on(event: 'connect' | 'gone', listener: () => void): this;
  on(event: 'created', listener: (what: string) => void): this;
  on(event: string | symbol, listener: (...args: never[]) => void): this;
  once(event: 'connect' | 'gone', listener: () => void): this;
  once(event: 'created', listener: (what: string) => void): this;
  once(event: string | symbol, listener: (...args: never[]) => void): this;
}

declare namespace PgStore {
  export { PgStore, PgStore as default };

  /** The data of a session if the store has no type argument. */
  export interface SessionData {
    [key: string]: unknown;
  }

  /** What may be stored: any object, such as one with an interface as its type, if the store has no type argument. */
  export type Storable<Data> = Data | (string extends keyof Data ? (SessionData extends Data ? object : never) : never);

  /** A time to live in milliseconds. The other values mean that there is none; middlewares pass them. */
  export type Ttl = number | 'session' | false | null;

  /** The argument by which koa-session links the load and the save of a request. */
  export interface Context {
    ctx?: object;
    changed?: boolean;
    rolling?: boolean;
  }

  /**
   * A store in generators of co and Koa 1, in which `yield*` accepts its promises:
   * `const store = new PgStore(url) as PgStore.Yieldable<PgStore>`.
   */
  export type Yieldable<Store> = {
    [Name in keyof Store]: Store[Name] extends (...args: infer Args) => Promise<infer Result>
      ? (...args: Args) => YieldablePromise<Result>
      : Store[Name];
  };

  export interface YieldablePromise<Result> extends Promise<Result> {
    [Symbol.iterator](): Generator<YieldablePromise<Result>, Result, Result>;
  }

  /** The value that identifies a user in the data. A number equals the string of its digits. */
  export type Subject = string | number | boolean;

  /** A connection string of libpq, a connection object of node-postgres, a client, or a function. */
  export type Connection = string | URL | ConnectionObject | Client | ClientProperty | Query;

  /** An object that has nothing but a client, as other session stores take it. */
  export type ClientProperty = { pool: Client } | { client: Client } | { pgPromise: Client } | { knex: Client } | { db: Client };

  /**
   * Runs one statement. Every parameter is text, and the statement selects every column as text. A row is an array or an
   * object. The rows may be in a property `rows`, or come first in a pair.
   */
  export type Query = (sql: string, params: string[]) => PromiseLike<
    readonly object[] | { readonly rows: readonly object[] } | readonly [rows: readonly object[], other: unknown]
  >;

  /**
   * A Pool or a connected Client of pg, a database of pg-promise, Drizzle, Kysely or PGlite, a DataSource of TypeORM, an
   * instance of Sequelize or Knex, the `sql` of postgres.js, or another object with a method `query(sql, params)`. The store
   * never closes it.
   */
  export type Client =
    | { query(...args: never[]): unknown }
    | { $client: unknown }
    | { executeQuery(...args: never[]): unknown }
    | { raw(...args: never[]): unknown; client: unknown }
    | { unsafe(...args: never[]): unknown };

  /**
   * A connection object of node-postgres, in which the parameters of libpq are valid too. Without a key that says where the
   * database is, the environment says it, as without a connection. The environment variables of libpq, such as `PGPASSWORD`,
   * fill in what the object leaves out.
   */
  export interface ConnectionObject {
    /** Excludes the other keys that say where the database is, except a function as the password. */
    connectionString?: string | URL;
    /** A name, an address, or the directory of a Unix socket. Default: `localhost`. */
    host?: string;
    /** The address of the host, if its name must not be looked up. TLS still verifies the name. */
    hostaddr?: string;
    /** Default: 5432. */
    port?: number | string;
    user?: string;
    /** A function is called for each login, such as for a token of a cloud's identity service. */
    password?: string | (() => string | PromiseLike<string>);
    database?: string;
    /** The same as `database`. */
    dbname?: string;
    /** A section of the connection service file. */
    service?: string;
    /** False: without TLS. True: with a verified certificate. */
    ssl?: boolean | SslMode | TlsOptions;
    sslmode?: SslMode;
    sslnegotiation?: 'postgres' | 'direct';
    sslrootcert?: string;
    sslcert?: string;
    sslkey?: string;
    sslcrl?: string;
    sslsni?: boolean | number | string;
    ssl_min_protocol_version?: string;
    ssl_max_protocol_version?: string;
    channel_binding?: 'disable' | 'prefer' | 'require';
    require_auth?: string;
    passfile?: string;
    target_session_attrs?: string;
    load_balance_hosts?: 'disable' | 'random';
    application_name?: string;
    fallback_application_name?: string;
    client_encoding?: string;
    /** Settings of the server, such as `-c work_mem=1MB`. */
    options?: string;
    connectionTimeoutMillis?: number;
    /** In seconds. */
    connect_timeout?: number | string;
    keepAlive?: boolean;
    keepAliveInitialDelayMillis?: number;
    keepalives?: boolean | number | string;
    /** In seconds, as is the next one. */
    keepalives_idle?: number | string;
    keepalives_interval?: number | string;
    keepalives_count?: number | string;
    /** In milliseconds. */
    tcp_user_timeout?: number | string;
    gssencmode?: 'disable' | 'prefer';
    enableChannelBinding?: boolean;
    /** In milliseconds, or with a unit such as `5s`, as are the next two. False: none. */
    statement_timeout?: number | string | false;
    lock_timeout?: number | string | false;
    idle_in_transaction_session_timeout?: number | string | false;
    /** The keys from here to `query_timeout` configure a pool. They have no effect, and a process warning says so. */
    max?: number;
    min?: number;
    poolSize?: number;
    idleTimeoutMillis?: number;
    maxUses?: number;
    maxLifetimeSeconds?: number;
    query_timeout?: number | false;
    /** The remaining keys are accepted and have no effect. */
    allowExitOnIdle?: boolean;
    binary?: boolean;
    types?: unknown;
    parseInputDatesAsUTC?: boolean;
    scramMaxIterations?: number;
    pipeline?: boolean;
    Promise?: unknown;
  }

  /** `no-verify` encrypts and verifies nothing, whichever files there are. The others are those of libpq. */
  export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'no-verify' | 'verify-ca' | 'verify-full';

  /** Options of Node's `tls.connect`. `ca`, `cert` and `key` are in PEM form, or each the path of such a file. */
  export interface TlsOptions {
    /** Whether the server's certificate is verified. Default: true. */
    rejectUnauthorized?: boolean;
    /** Replaces `rejectUnauthorized`. */
    sslmode?: SslMode;
    /** Default: the certificates of the system. */
    ca?: string | Uint8Array | readonly (string | Uint8Array)[];
    cert?: string | Uint8Array | readonly (string | Uint8Array)[];
    key?: string | Uint8Array;
    /** The name in the certificate, if `host` is an address. */
    servername?: string;
    minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    maxVersion?: 'TLSv1.2' | 'TLSv1.3';
    /** Has no effect, because every object requires TLS, unless its `sslmode` says otherwise. Sequelize has it. */
    require?: boolean;
  }

  export interface Options {
    /** The schema of the table. Default: `public`. */
    schema?: string;
    /** The table. Default: `session`. */
    table?: string;
    /** Whether `setup` may create the table. If false, no DDL is sent. Default: true. */
    create?: boolean;
    /**
     * Milliseconds for which `setup` waits for a database that is unavailable, for an application that may start before its
     * database; 0 fails at once. Default: 0.
     */
    waitForDatabase?: number;
    /**
     * Whether the table may belong to a role that is not the store's own, a role that it is a member of, the owner of the
     * database or a superuser. Its triggers would run with the privileges of the store's role. Default: false.
     */
    trustTableOwner?: boolean;
    /** Milliseconds between two background sweeps; 0 turns them off. Default: 2,700,000 (45 minutes). */
    cleanupTime?: number;
    /** The column of the id, `text` or `varchar`. Default: `id`. */
    idColumn?: string;
    /** The column of the expiry, `timestamptz` or `timestamp`. Default: `expiry`. */
    expiryColumn?: string;
    /** The column of the data, `json` or `jsonb`. Default: `session`. */
    dataColumn?: string;
    /** The time to live, in milliseconds, of a session whose middleware sets none. Default: 2,700,000 (45 minutes). */
    ttl?: number;
    /** The largest session, in bytes of its JSON; 1 to 268,435,456. Default: 1,048,576 (1 MiB). */
    maxSize?: number;
    /**
     * Milliseconds by which a stored expiry may lag behind before a touch writes; 0 writes always. Default: a twentieth of
     * the time to live.
     */
    touchEvery?: number;
    /**
     * Milliseconds that a session lives at most, counted from its creation, however often it is touched. Requires a column
     * `created timestamptz DEFAULT now()`, which a table that the store creates has. Default: no limit.
     */
    maxAge?: number;
    /** The path in the data to the id of the user, such as `user.id`; for `sessionsOf`. Default: none. */
    subject?: string;
    /** Milliseconds that one call may take, including the time in the queue; more than 0. Default: 5,000. */
    timeout?: number;
    /**
     * How many connections the store opens at most, each on demand; 1 to 64. Default: 2. While all of them wait, for a server
     * that does not answer or for locks of other transactions, it opens one more.
     */
    connections?: number;
    /** How many calls may wait for a connection; 1 or more. Further calls fail with `PG_SESSION_OVERLOADED`. Default: 10,000. */
    maxWaiting?: number;
    /**
     * How many bytes the calls may have that were accepted and not answered; 1 or more. Further calls fail with
     * `PG_SESSION_OVERLOADED`. The calls that wait for one session have at most an eighth. Default: 67,108,864 (64 MiB).
     */
    maxWaitingBytes?: number;
    /** Whether statements are prepared. Behind a transaction pooler, the store stops preparing by itself. Default: true. */
    prepare?: boolean;
  }

  type WithoutDefault = 'touchEvery' | 'maxAge' | 'subject';
  export type CompleteOptions = Required<Omit<Options, WithoutDefault>> & Pick<Options, WithoutDefault>;

  /** The error of every failure. Its message contains no password, id or session data. */
  export class PgSessionError extends Error {
    readonly code:
      /** The connection or an option is invalid, or names a role or database that PostgreSQL rejects. */
      | 'PG_SESSION_CONFIGURATION'
      /** The table is missing or has unsuitable columns, or the role lacks a privilege. */
      | 'PG_SESSION_SETUP'
      /** The id, the data or the time to live cannot be stored. */
      | 'PG_SESSION_INVALID_INPUT'
      /** The data is larger than `maxSize`. */
      | 'PG_SESSION_TOO_LARGE'
      /** PostgreSQL is unreachable, shutting down or read-only, or did not answer within `timeout`. */
      | 'PG_SESSION_UNAVAILABLE'
      /** More calls or bytes are waiting than `maxWaiting` and `maxWaitingBytes` allow. */
      | 'PG_SESSION_OVERLOADED'
      /** Other calls changed the session so often that an update could not be merged. */
      | 'PG_SESSION_CONFLICT'
      /** PostgreSQL rejected a statement for another reason; see `sqlState`. */
      | 'PG_SESSION_DATABASE';
    /** The SQLSTATE, if PostgreSQL sent one. */
    readonly sqlState?: string;
    /** Whether it is safe to repeat the call, which may then succeed. */
    readonly retryable: boolean;
    /**
     * The error of the application's function or client, if it caused this one and has no SQLSTATE. If it contains the
     * statement or its parameters, this is the first error in its chain of causes that does not, or undefined.
     */
    readonly cause?: unknown;
    private constructor();
  }
}

export = PgStore;

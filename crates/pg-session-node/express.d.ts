import { SessionData, Store } from 'express-session';
import Sessions = require('./index.js');

/**
 * The store for express-session. A session lives as long as its cookie. Where that lives as long as the browser
 * runs, it lives for the option `ttl` after the last request, or for what it has left if that is more.
 *
 * Callbacks are called once, after the method has returned. Errors are {@link Sessions.PgSessionError}.
 */
declare class PgStore extends Store {
  /**
   * Connects to nothing yet.
   *
   * @throws {Sessions.PgSessionError} `PG_SESSION_CONFIGURATION`: the connection or an option cannot be used.
   */
  constructor(connection: Sessions.Connection, options?: Sessions.Options);

  /** The options' defaults. */
  static readonly defaultOpts: Sessions.CompleteOptions;

  /** The options, with the defaults filled in. */
  readonly options: Sessions.CompleteOptions;

  /** Whether the table was found or created; `connect` is emitted when it was. */
  readonly ready: boolean;

  /** Finds or creates the table, checks that it fits, and starts the sweeper. Idempotent. */
  setup(): Promise<void>;

  /** The live sessions whose data has this value at the path of the option `subject`. */
  sessionsOf(user: Sessions.Subject): Promise<[sid: string, session: SessionData][]>;

  /** Deletes them, but for the id `except`: "log out everywhere else". How many lived. */
  destroySessionsOf(user: Sessions.Subject, except?: string): Promise<number>;

  /** Deletes the expired; how many. */
  sweep(): Promise<number>;

  /** Lets what is under way finish, and closes the store's own connections. Idempotent; later calls fail. */
  close(): Promise<void>;

  /** The live session, or null. */
  get(sid: string, callback: (error: any, session?: SessionData | null) => void): void;

  /** Inserts or replaces, in one atomic statement; what a request has loaded it updates, as `update` of {@link Sessions}. */
  set(sid: string, session: SessionData, callback?: (error?: any) => void): void;

  /** Moves the expiry. One that is gone stays so, and that is no error. */
  touch(sid: string, session: SessionData, callback?: (error?: any) => void): void;

  /** Deletes the session, and gives it as it was, or null. Of several calls at once, one gets it. */
  take(sid: string, callback: (error: any, session?: SessionData | null) => void): void;

  /** Deletes the session. */
  destroy(sid: string, callback?: (error?: any) => void): void;

  /** All live sessions, each with its `id`. */
  all(callback: (error: any, sessions?: (SessionData & { id: string })[] | null) => void): void;

  /** How many sessions live. */
  length(callback: (error: any, length?: number) => void): void;

  /** Deletes all sessions: everybody is logged out. */
  clear(callback?: (error?: any) => void): void;
}

declare namespace PgStore {
  export { PgStore, PgStore as default };
  export import PgSessionError = Sessions.PgSessionError;
}

export = PgStore;

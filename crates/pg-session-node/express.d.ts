import { SessionData, Store } from 'express-session';
import Sessions = require('./index.js');
import Callbacks = require('./lib/callbacks.js');

/**
 * A store for express-session.
 *
 * A session lives for the `maxAge` of its cookie. If the cookie has none, the session lives for the option `ttl` after the
 * last request, or for its remaining time if that is longer.
 */
declare class PgStore extends Store {
  /**
   * Creates a store. It connects with the first call.
   *
   * @param connection Without one, the environment variable `DATABASE_URL` has it, or else the variables of libpq, such as
   * `PGHOST`.
   * @throws {Sessions.PgSessionError} `PG_SESSION_CONFIGURATION`: the connection or an option is invalid.
   */
  constructor(connection?: Sessions.Connection, options?: Sessions.Options);

  /** The defaults of the options. */
  static readonly defaultOpts: Sessions.CompleteOptions;

  /**
   * Returns a public name of the session with this id: 32 hexadecimal digits, from a hash of the id. Unlike the id, it may be
   * shown, as in the form of a "my devices" page. A session that gets a new id gets a new handle.
   */
  static handle(sid: string): string;

  // express-session declares these with errors of type `any`.
  get(sid: string, callback: Callbacks.Got<SessionData | null>): void;
  get<E extends Callbacks.AnyFailure>(sid: string, callback: Callbacks.Got<SessionData | null, E>): void;
  set(sid: string, session: SessionData, callback?: Callbacks.Done): void;
  set<E extends Callbacks.AnyFailure>(sid: string, session: SessionData, callback?: Callbacks.Done<E>): void;
  touch(sid: string, session: SessionData, callback?: Callbacks.Done): void;
  touch<E extends Callbacks.AnyFailure>(sid: string, session: SessionData, callback?: Callbacks.Done<E>): void;
  destroy(sid: string, callback?: Callbacks.Done): void;
  destroy<E extends Callbacks.AnyFailure>(sid: string, callback?: Callbacks.Done<E>): void;
  all(callback: Callbacks.Got<(SessionData & { id: string })[]>): void;
  all<E extends Callbacks.AnyFailure>(callback: Callbacks.Got<(SessionData & { id: string })[], E>): void;
  length(callback: Callbacks.Got<number>): void;
  length<E extends Callbacks.AnyFailure>(callback: Callbacks.Got<number, E>): void;
  clear(callback?: Callbacks.Done): void;
  clear<E extends Callbacks.AnyFailure>(callback?: Callbacks.Done<E>): void;
}

interface PgStore extends Callbacks.Store<SessionData> {}

declare namespace PgStore {
  export { PgStore, PgStore as default };
  export import PgSessionError = Sessions.PgSessionError;
}

export = PgStore;

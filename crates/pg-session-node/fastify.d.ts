import { EventEmitter } from 'node:events';
import { SessionStore } from '@fastify/session';
import Sessions = require('./index.js');
import Callbacks = require('./lib/callbacks.js');

type Data = Parameters<SessionStore['set']>[1];

/**
 * A store for @fastify/session.
 *
 * A session lives for the `maxAge` of its cookie. If the cookie has none, the session lives for the option `ttl` after the
 * last request, or for its remaining time if that is longer.
 */
declare class PgStore extends EventEmitter {
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
}

interface PgStore extends Callbacks.Store<Data> {}

declare namespace PgStore {
  export { PgStore, PgStore as default };
  export import PgSessionError = Sessions.PgSessionError;
}

export = PgStore;

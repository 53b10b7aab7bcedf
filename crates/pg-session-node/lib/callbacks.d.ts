import Sessions = require('../index.js');

/** The part that the stores for express-session and @fastify/session share. `Data` is the middleware's session. */
declare namespace Callbacks {
  type Failure = Sessions.PgSessionError | null;
  type AnyFailure = Error | null | undefined;
  type Done<E = Failure> = (error: E) => void;
  type Got<Value, E = Failure> = (error: E, value?: Value) => void;

  /**
   * Every callback is called once, after the method has returned. Its `error` is a {@link Sessions.PgSessionError}, or null
   * if the call succeeded. The second signature of each method accepts a callback that declares
   * `error?: Error` instead.
   *
   * Events: `connect`, when the table has been found or created; `gone`, when a save found its session deleted, and was
   * dropped.
   */
  interface Store<Data> {
    /** The options, with the defaults filled in. */
    readonly options: Sessions.CompleteOptions;

    /** Whether the table has been found or created. The store then emits `connect`. */
    readonly ready: boolean;

    /**
     * Finds or creates the table, checks its columns, and starts the background sweeper. Idempotent. If it is not called,
     * the first call of another method does the same. See `setup` of {@link Sessions}.
     */
    setup(): Promise<void>;

    /** Returns the ids and data of the user's live sessions. Requires the option `subject`. */
    sessionsOf(user: Sessions.Subject): Promise<[sid: string, session: Data][]>;

    /**
     * Deletes the user's sessions, except the one with the id `except`: "log out everywhere else". Requires the option
     * `subject`. Returns how many live sessions it deleted.
     */
    destroySessionsOf(user: Sessions.Subject, except?: string): Promise<number>;

    /**
     * Deletes the user's session that has this handle. Requires the option `subject`. Returns whether there was a live one.
     * Only the user's own sessions are searched, so nobody can end the session of someone else.
     */
    destroyHandle(user: Sessions.Subject, handle: string): Promise<boolean>;

    /** Deletes all expired sessions. Returns how many it deleted. The background sweeper does the same every `cleanupTime`. */
    sweep(): Promise<number>;

    /** Waits for calls in flight, and closes the store's own connections. Idempotent. Later calls fail. */
    close(): Promise<void>;

    /** Calls back with the live session, or null. */
    get(sid: string, callback: Got<Data | null>): void;
    get<E extends AnyFailure>(sid: string, callback: Got<Data | null, E>): void;

    /**
     * Inserts or replaces a session. A session that a request has loaded is merged with concurrent changes instead; see
     * `update` of {@link Sessions}. If it was deleted in the meantime, it stays deleted, and the store emits `gone`.
     */
    set(sid: string, session: Data, callback?: Done): void;
    set<E extends AnyFailure>(sid: string, session: Data, callback?: Done<E>): void;

    /** Moves the expiry of a session. Never inserts. A missing session is not an error. */
    touch(sid: string, session: Data, callback?: Done): void;
    touch<E extends AnyFailure>(sid: string, session: Data, callback?: Done<E>): void;

    /** Deletes a session, and calls back with it, or null. Of several concurrent calls, one gets the session. */
    take(sid: string, callback: Got<Data | null>): void;
    take<E extends AnyFailure>(sid: string, callback: Got<Data | null, E>): void;

    /** Deletes a session. A missing session is not an error. */
    destroy(sid: string, callback?: Done): void;
    destroy<E extends AnyFailure>(sid: string, callback?: Done<E>): void;

    /** Calls back with all live sessions. Each has its `id`, in a property that is not enumerable. */
    all(callback: Got<(Data & { id: string })[]>): void;
    all<E extends AnyFailure>(callback: Got<(Data & { id: string })[], E>): void;

    /** Calls back with the number of live sessions. Reads the whole table. */
    length(callback: Got<number>): void;
    length<E extends AnyFailure>(callback: Got<number, E>): void;

    /** Deletes all sessions, so that all users are logged out. */
    clear(callback?: Done): void;
    clear<E extends AnyFailure>(callback?: Done<E>): void;
  }
}

export = Callbacks;

import Sessions = require('../index.js');

/** The part that the stores for express-session and @fastify/session share. `Data` is the middleware's session. */
declare namespace Callbacks {
  type Failure = Sessions.PgSessionError | null;

  /**
   * Every callback is called once, after the method has returned. Its `error` is a {@link Sessions.PgSessionError}, or null
   * if the call succeeded.
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

    /** Deletes all expired sessions. Returns how many it deleted. The background sweeper does the same every `cleanupTime`. */
    sweep(): Promise<number>;

    /** Waits for calls in flight, and closes the store's own connections. Idempotent. Later calls fail. */
    close(): Promise<void>;

    /** Calls back with the live session, or null. */
    get(sid: string, callback: (error: Failure, session?: Data | null) => void): void;

    /**
     * Inserts or replaces a session. A session that a request has loaded is merged with concurrent changes instead; see
     * `update` of {@link Sessions}. If it was deleted in the meantime, it stays deleted, and the store emits `gone`.
     */
    set(sid: string, session: Data, callback?: (error: Failure) => void): void;

    /** Moves the expiry of a session. Never inserts. A missing session is not an error. */
    touch(sid: string, session: Data, callback?: (error: Failure) => void): void;

    /** Deletes a session, and calls back with it, or null. Of several concurrent calls, one gets the session. */
    take(sid: string, callback: (error: Failure, session?: Data | null) => void): void;

    /** Deletes a session. A missing session is not an error. */
    destroy(sid: string, callback?: (error: Failure) => void): void;

    /** Calls back with all live sessions. Each has its `id`, in a property that is not enumerable. */
    all(callback: (error: Failure, sessions?: (Data & { id: string })[]) => void): void;

    /** Calls back with the number of live sessions. Reads the whole table. */
    length(callback: (error: Failure, length?: number) => void): void;

    /** Deletes all sessions, so that all users are logged out. */
    clear(callback?: (error: Failure) => void): void;

    /** `connect`: the table has been found or created. `gone`: a save found its session deleted, and was dropped. */
    on(event: 'connect' | 'gone', listener: () => void): this;
    on(event: string | symbol, listener: (...args: never[]) => void): this;
    once(event: 'connect' | 'gone', listener: () => void): this;
    once(event: string | symbol, listener: (...args: never[]) => void): this;
  }

  /** A store that extends the class `Parent`. */
  interface Class<Parent, Data> {
    /**
     * Creates a store. It connects with the first call.
     *
     * @throws {Sessions.PgSessionError} `PG_SESSION_CONFIGURATION`: the connection or an option is invalid.
     */
    new (connection: Sessions.Connection, options?: Sessions.Options): Omit<Parent, keyof Store<Data>> & Store<Data>;

    /** The defaults of the options. */
    readonly defaultOpts: Sessions.CompleteOptions;
  }
}

export = Callbacks;

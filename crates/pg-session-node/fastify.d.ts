import { EventEmitter } from 'node:events';
import { SessionStore } from '@fastify/session';
import Sessions = require('./index.js');
import Callbacks = require('./lib/callbacks.js');

declare const Parent: Callbacks.Class<EventEmitter, Parameters<SessionStore['set']>[1]>;

/**
 * A store for @fastify/session.
 *
 * A session lives for the `maxAge` of its cookie. If the cookie has none, the session lives for the option `ttl` after the
 * last request, or for its remaining time if that is longer.
 */
declare class PgStore extends Parent {}

declare namespace PgStore {
  export { PgStore, PgStore as default };
  export import PgSessionError = Sessions.PgSessionError;
}

export = PgStore;

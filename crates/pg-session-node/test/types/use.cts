import PgStore = require('pg-session');
import { PgStore as Named } from 'pg-session';

const options: PgStore.Options = { schema: 'public' };
const connection: PgStore.Connection = 'postgres://localhost/app';
const store: PgStore<{ user: number }> = new PgStore(connection, options);
const same: typeof Named = PgStore;
store.get('id').then((session) => session && session.user);

import ExpressStore = require('pg-session/express');
import FastifyStore = require('pg-session/fastify');

const stores: [ExpressStore, FastifyStore] = [new ExpressStore(connection), new FastifyStore(connection, options)];


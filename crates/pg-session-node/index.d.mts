import PgStore from './index.js';

export { PgStore, PgStore as default };

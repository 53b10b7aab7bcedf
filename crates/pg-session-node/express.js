'use strict';

const { Store } = require('express-session');
const withCallbacks = require('./lib/callbacks.js');

const PgStore = withCallbacks(Store);

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.default = PgStore;

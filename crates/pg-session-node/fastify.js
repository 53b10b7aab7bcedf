'use strict';

const { EventEmitter } = require('node:events');
const withCallbacks = require('./lib/callbacks.js');

const PgStore = withCallbacks(EventEmitter);

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.default = PgStore;

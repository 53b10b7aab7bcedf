'use strict';

const PgStore = require('./lib/store.js');

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.default = PgStore;

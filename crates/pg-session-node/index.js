'use strict';

const { PgSessionError } = require('./lib/errors.js');
const PgStore = require('./lib/store.js');

module.exports = PgStore;
module.exports.PgStore = PgStore;
module.exports.PgSessionError = PgSessionError;
module.exports.default = PgStore;

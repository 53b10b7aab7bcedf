'use strict';

function isObject(value) {
  return typeof value === 'object' && value !== null;
}

module.exports = isObject;

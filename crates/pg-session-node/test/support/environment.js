'use strict';

/** Runs a function while these are the only variables that describe a connection. */
function inEnvironment(variables, run) {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (/^(PG|DATABASE_URL$)/.test(name)) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return run();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

module.exports = { inEnvironment };

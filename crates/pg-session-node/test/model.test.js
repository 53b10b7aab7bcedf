'use strict';

// Checks random requests against a model of the sessions' lifetimes: none may end early, and none may live forever.
// PG_SESSION_MODEL_VISITORS is the number of visitors per middleware; PG_SESSION_MODEL_SEED selects other requests.

const assert = require('node:assert/strict');
const { after, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { database } = require('./support/database.js');
const { frameworks } = require('./support/frameworks.js');
const { open } = require('./support/visit.js');

const VISITORS = Number(process.env.PG_SESSION_MODEL_VISITORS ?? 30);
const SEED = Number(process.env.PG_SESSION_MODEL_SEED ?? 14);
const REQUESTS = 12;

/** How late a clock may be read, and how far a touch may leave an expiry behind as a fraction of the age. */
const SLACK = 150;
const LAG = 1 / 20;

/** The random number generator Mulberry32. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STEPS = ['read', 'write', 'save', 'touch', 'reload', 'rotate', 'age'];

async function act(query, visit) {
  const found = visit.data().n;
  let isStored = found !== undefined;
  for (const step of query.getAll('step')) {
    const [name, value] = step.split(':');
    if (name === 'write' || (name === 'begin' && found === undefined)) visit.session.n = Number(value);
    if (name === 'age') visit.setAge(Number(value));
    if (name === 'rotate') await (visit.rename ?? visit.rotate)();
    if (name === 'rotate') isStored = false;
    // A new session is not stored yet, so it cannot be loaded.
    if (['save', 'touch'].includes(name) || (name === 'reload' && isStored)) await visit[name]();
  }
  return { found: found ?? null };
}

/** Returns whether the middleware extends the session after these steps. */
function keepsAlive(name, { rolling }, steps) {
  if (name === 'express-session' || rolling) return true;
  // Setting the same age again is a change only for koa-session.
  const others = { '@fastify/session': [], 'koa-session': ['touch', 'age'] }[name] ?? ['touch'];
  const alive = new Set(['write', 'save', 'rotate', ...others]);
  // Whether a change survives a later reload or save in the request depends on the middleware.
  return steps.some((step) => alive.has(step.split(':')[0])) && !steps.includes('reload');
}

describe(`the model of sessions in use, seed ${SEED}`, { concurrency: true }, () => {
  const { url } = database();
  const ends = [];
  after(() => Promise.all(ends.map((end) => end())));

  for (const [name, make] of Object.entries(frameworks)) {
    test(`holds through ${name}`, async () => {
      const next = random(SEED);
      const pick = (values) => values[Math.floor(next() * values.length)];
      const sites = new Map();
      const plans = Array.from({ length: VISITORS }, () => {
        const settings = { maxAge: pick([1000, 1600]), rolling: next() < 0.5 };
        if (name === 'express-session') Object.assign(settings, { resave: next() < 0.5, saveUninitialized: next() < 0.5 });
        const requests = Array.from({ length: REQUESTS }, (_, n) => ({
          wait: Math.floor(next() * settings.maxAge * (next() < 0.15 ? 1.4 : 0.8)),
          steps: Array.from({ length: 1 + Math.floor(next() * 3) }, () => {
            const step = pick(STEPS);
            if (step === 'age') return `age:${settings.maxAge + pick([-300, -100, 1, 400])}`;
            return step === 'write' ? `write:${n + 1}` : step;
          }),
        }));
        return { settings, requests };
      });
      await Promise.all(plans.map(async ({ settings, requests }, number) => {
        const key = JSON.stringify(settings);
        if (!sites.has(key)) sites.set(key, serve(make, settings));
        const visit = (await sites.get(key)).visitor();
        const told = [];
        // The session is live until then if the last request found it live (`isSure`), and gone afterwards.
        let [alive, isSure, dead, ages] = [0, false, 0, [settings.maxAge]];
        for (const { wait, steps } of requests) {
          await sleep(wait);
          const query = ['begin:0', ...steps].map((step) => `step=${step}`).join('&');
          const start = Date.now();
          const { status, body } = await visit(`/?${query}`);
          const end = Date.now();
          told.push(`${start % 1e6}: ${steps}: ${body.slice(0, 200)}`);
          const why = () => `visitor ${number}, ${key}, seed ${SEED}:\n${told.join('\n')}`;
          const mustLive = isSure && end < alive;
          if (status !== 200) {
            // express-session cannot reload a session that has ended.
            assert(!mustLive, why());
            isSure = false;
            continue;
          }
          const isNew = JSON.parse(body).found === null;
          if (mustLive) assert(!isNew, `it ended early: ${why()}`);
          if (!isNew && dead > 0) assert(start < dead, `it lives on: ${why()}`);
          // Finding it shows that the last request extended it, if it did so at all.
          const livesThrough = isNew || (alive > 0 && end < alive);
          const set = steps.filter((step) => step.startsWith('age:')).map((step) => Number(step.slice(4)));
          const isPlain = !['reload', 'rotate'].some((step) => steps.includes(step))
            // @fastify/session does not save a session in which only the age changed.
            && (name !== '@fastify/session' || settings.rolling);
          const before = isNew ? [settings.maxAge] : ages;
          // Reloading or renewing the session discards an age that was set.
          ages = isPlain ? (set.length > 0 ? [set.at(-1)] : before) : [...before, settings.maxAge, ...set];
          const [least, most] = [Math.min(...ages), Math.max(...ages, ...set, settings.maxAge)];
          const lives = start + least - most * LAG - SLACK;
          if (isNew || keepsAlive(name, settings, steps)) alive = lives;
          else if (set.length > 0) alive = Math.min(alive, lives);
          isSure = livesThrough;
          dead = Math.max(isNew ? 0 : dead, end + most * (1 + LAG) + SLACK);
        }
      }));
    });
  }

  let tables = 0;
  async function serve(make, settings) {
    const { store, app, ready } = make(url, { cleanupTime: 0, table: `m${tables++}` }, act, settings);
    await ready;
    await store.setup();
    const site = await open(app);
    ends.push(() => (site.close(), store.close()));
    return site;
  }
});

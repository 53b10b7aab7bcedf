'use strict';

// Loads the app that counts views: node visit.js <url> <visitors> <seconds>. Each visitor has a cookie and a keep-alive
// connection, and sends a request after each response. Prints the result as one line of JSON.

const autocannon = require('autocannon');

const WARM_UP = 0.3; // seconds

async function visit(url, visitors, seconds) {
  const cookies = await Promise.all(Array.from({ length: visitors }, () => firstVisit(url)));
  await load(url, cookies, WARM_UP);
  const { requests, latency, duration } = await load(url, cookies, seconds);

  const views = await Promise.all(cookies.map((cookie) => nextVisit(url, cookie)));
  const counted = views.reduce((sum, views) => sum + views, 0);
  if (counted < requests.total) throw new Error(`the app counted only ${counted} of ${requests.total} visits`);
  return { per_second: requests.total / duration, p50_us: latency.p50 * 1000, p99_us: latency.p99 * 1000 };
}

async function load(url, cookies, duration) {
  const waiting = [...cookies];
  const setupClient = (client) => client.setHeaders({ cookie: waiting.pop() });
  const done = await autocannon({ url, connections: cookies.length, duration, sampleInt: 100, setupClient });
  const { non2xx, errors, timeouts } = done;
  if (non2xx + errors + timeouts === 0) return done;
  throw new Error(`${non2xx} responses are not 2xx, ${errors} requests failed and ${timeouts} timed out`);
}

async function firstVisit(url) {
  const response = await fetch(url);
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  await response.arrayBuffer();
  return cookies.join('; ');
}

async function nextVisit(url, cookie) {
  const response = await fetch(url, { headers: { cookie } });
  return (await response.json()).views;
}

const [url, visitors, seconds] = process.argv.slice(2);
visit(url, Number(visitors), Number(seconds)).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);

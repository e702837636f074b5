// Asks a vendor's own library: `node oracle.mjs LIBRARY`. One request a line on the standard input,
// one verdict a line on the standard output: `accept`, or `refuse` and why.
//
// Each function does what the vendor's documentation, or its own handler for Node's `http`, does
// with a request: header lines of one name are joined by `, `, and bytes of a header are Latin-1.

import { createInterface } from 'node:readline';

const { default: libraries } = await import(`./libraries/${process.argv[2]}.mjs`);

function request(line) {
  const { headers, body, now, ...rest } = JSON.parse(line);
  const joined = Object.create(null);
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = key in joined ? `${joined[key]}, ${value}` : value;
  }
  return { ...rest, headers: joined, raw: Buffer.from(body, 'base64'), now };
}

// A library that says it by an exception, by `false`, or by both.
async function verdict(verify, received) {
  Date.now = () => received.now;
  try {
    return (await verify(received)) === false ? 'refuse' : 'accept';
  } catch (error) {
    return `refuse ${String(error).split('\n')[0]}`;
  }
}

// Some read the clock with `new Date()`.
const Clock = globalThis.Date;
globalThis.Date = class extends Clock {
  constructor(...given) {
    super(...(given.length === 0 ? [globalThis.Date.now()] : given));
  }
};

const answers = [];
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  answers.push(await verdict(libraries, request(line)));
}
process.stdout.write(answers.map((answer) => `${answer}\n`).join(''));

import { createRequire } from 'node:module';

// Not exported by the package, as its receivers alone call it.
const require = createRequire(import.meta.url);
const { verifySlackRequest } = require('../node_modules/@slack/bolt/dist/receivers/verify-request.js');

export default ({ raw, headers, secret, now }) => {
  const required = (name) => {
    if (headers[name] === undefined) throw new Error(`${name} is missing`);
    return headers[name];
  };
  verifySlackRequest({
    signingSecret: secret,
    body: raw.toString(),
    headers: {
      'x-slack-signature': required('x-slack-signature'),
      'x-slack-request-timestamp': Number(required('x-slack-request-timestamp')),
    },
    nowMilliseconds: now,
  });
};

import { createRequire } from 'node:module';

const { Crisp } = createRequire(import.meta.url)('crisp-api');

// It verifies once an event is listened to, which it is half a second later.
const crisp = new Crisp();
crisp.setRtmMode('webhooks');
await crisp.on('message:send', () => {});

// It is given what a framework made of the body.
export default ({ raw, headers, secret }) =>
  crisp.verifyHook(
    secret,
    JSON.parse(raw.toString()),
    headers['x-crisp-request-timestamp'],
    headers['x-crisp-signature'],
  );

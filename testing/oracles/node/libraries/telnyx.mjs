import { createRequire } from 'node:module';

const { TelnyxWebhook } = createRequire(import.meta.url)('telnyx/lib/webhooks');

export default ({ raw, headers, secret }) =>
  new TelnyxWebhook(secret).verify(raw.toString(), headers);

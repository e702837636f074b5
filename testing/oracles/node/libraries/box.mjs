import { createRequire } from 'node:module';

const { WebhooksManager } = createRequire(import.meta.url)('box-node-sdk/lib/managers/webhooks');

// Headers that it asks for besides the signature and the time.
const further = { 'box-signature-version': '1', 'box-signature-algorithm': 'HmacSHA256' };

export default ({ raw, headers, secret }) =>
  WebhooksManager.validateMessage(raw.toString(), { ...further, ...headers }, secret, {
    secondaryKey: secret,
  });

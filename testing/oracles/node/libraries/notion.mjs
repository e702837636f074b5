import { createRequire } from 'node:module';

const { verifyWebhookSignature } = createRequire(import.meta.url)('@notionhq/client');

export default ({ raw, headers, secret }) =>
  verifyWebhookSignature({
    body: raw,
    signature: headers['x-notion-signature'],
    verificationToken: secret,
  });

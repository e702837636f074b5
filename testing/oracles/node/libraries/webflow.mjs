import { createRequire } from 'node:module';

const { WebflowClient } = createRequire(import.meta.url)('webflow-api');

const { webhooks } = new WebflowClient({ accessToken: 'made-up' });

export default ({ raw, headers, secret }) =>
  webhooks.verifySignature({ headers, body: raw.toString(), secret });

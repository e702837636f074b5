import { createRequire } from 'node:module';

const { WorkOS } = createRequire(import.meta.url)('@workos-inc/node');

const workos = new WorkOS('sk_made_up', { clientId: 'made-up' });

export default ({ raw, headers, secret }) =>
  workos.webhooks.verifyHeader({ payload: raw, sigHeader: headers['workos-signature'], secret });

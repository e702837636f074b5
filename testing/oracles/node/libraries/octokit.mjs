import { verify } from '@octokit/webhooks-methods';

export default ({ raw, headers, secret }) =>
  verify(secret, raw.toString(), headers['x-hub-signature-256']);

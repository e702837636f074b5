import { createRequire } from 'node:module';

const { Retell } = createRequire(import.meta.url)('retell-sdk');

export default ({ raw, headers, secret }) =>
  Retell.verify(raw.toString(), secret, headers['x-retell-signature']);

import { createRequire } from 'node:module';

const { Signature } = createRequire(import.meta.url)('@hubspot/api-client');

// The documentation has its reader unescape these, and not the library.
const MARKS = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

export default ({ raw, headers, secret, method, url }) => {
  const timestamp = headers['x-hubspot-request-timestamp'];
  return Signature.isValid({
    signatureVersion: 'v3',
    signature: headers['x-hubspot-signature-v3'],
    method,
    clientSecret: secret,
    requestBody: raw.toString(),
    url: url.replace(MARKS, decodeURIComponent),
    timestamp: timestamp === undefined ? undefined : Number(timestamp),
  });
};

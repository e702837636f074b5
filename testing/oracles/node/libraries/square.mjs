import { WebhooksHelper } from 'square';

export default ({ raw, headers, secret, url }) =>
  WebhooksHelper.verifySignature({
    requestBody: raw.toString(),
    signatureHeader: headers['x-square-hmacsha256-signature'],
    signatureKey: secret,
    notificationUrl: url,
  });

import { EventWebhook } from '@sendgrid/eventwebhook';

const webhook = new EventWebhook();

export default ({ raw, headers, secret }) =>
  webhook.verifySignature(
    webhook.convertPublicKeyToECDSA(secret),
    raw,
    headers['x-twilio-email-event-webhook-signature'],
    headers['x-twilio-email-event-webhook-timestamp'],
  );

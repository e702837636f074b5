import { LinearWebhookClient } from '@linear/sdk/webhooks';

export default ({ raw, headers, secret }) => {
  new LinearWebhookClient(secret).parseData(raw, headers['linear-signature']);
};

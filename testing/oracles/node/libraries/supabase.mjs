import { Webhook } from 'standardwebhooks';

// As the documentation of its Auth hooks has it.
export default ({ raw, headers, secret }) => {
  new Webhook(secret.replace('v1,whsec_', '')).verify(raw, headers, { jsonParse: false });
};

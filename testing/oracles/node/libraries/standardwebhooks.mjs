import { Webhook } from 'standardwebhooks';

export default ({ raw, headers, secret }) => {
  new Webhook(secret).verify(raw, headers, { jsonParse: false });
};

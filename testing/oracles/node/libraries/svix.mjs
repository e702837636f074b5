import { Webhook } from 'svix';

// What was verified is parsed next: that it is no JSON says nothing of its signature.
export default ({ raw, headers, secret }) => {
  try {
    new Webhook(secret).verify(raw, headers);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
};

import Stripe from 'stripe';

const { webhooks } = new Stripe('sk_made_up');

export default ({ raw, headers, secret, now }) =>
  webhooks.signature.verifyHeader(raw, headers['stripe-signature'], secret, 300, undefined, now);

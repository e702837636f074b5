import { createRequire } from 'node:module';

const Razorpay = createRequire(import.meta.url)('razorpay');

export default ({ raw, headers, secret }) =>
  Razorpay.validateWebhookSignature(raw.toString(), headers['x-razorpay-signature'], secret);

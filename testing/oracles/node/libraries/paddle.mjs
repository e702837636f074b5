import { Paddle } from '@paddle/paddle-node-sdk';

const paddle = new Paddle('made-up');

export default ({ raw, headers, secret }) =>
  paddle.webhooks.isSignatureValid(raw.toString(), secret, headers['paddle-signature']);

import { WebhookReceiver } from 'livekit-server-sdk';

// What was verified is parsed next: that it is no JSON says nothing of its signature.
export default async ({ raw, headers, secret }) => {
  try {
    await new WebhookReceiver('APImadeup', secret).receive(raw.toString(), headers.authorization);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
};

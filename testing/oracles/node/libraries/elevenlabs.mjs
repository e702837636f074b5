import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';

const { webhooks } = new ElevenLabsClient({ apiKey: 'made-up' });

// What was verified is parsed next: that it is no JSON says nothing of its signature.
export default async ({ raw, headers, secret }) => {
  try {
    await webhooks.constructEvent(raw.toString(), headers['elevenlabs-signature'], secret);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
};

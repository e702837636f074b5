import { verifyKey } from 'discord-interactions';

// What its own middleware asks for first.
export default ({ raw, headers, secret }) => {
  const signature = headers['x-signature-ed25519'] ?? '';
  const timestamp = headers['x-signature-timestamp'] ?? '';
  return signature !== '' && timestamp !== '' && verifyKey(raw, signature, timestamp, secret);
};

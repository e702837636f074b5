import '@shopify/shopify-api/adapters/node';
import { shopifyApi, LogSeverity } from '@shopify/shopify-api';

const of = (secret) =>
  shopifyApi({
    apiKey: 'made-up',
    apiSecretKey: secret,
    apiVersion: '2026-10',
    hostName: 'example.test',
    isEmbeddedApp: false,
    logger: { level: LogSeverity.Error, log: () => {} },
  });
const known = new Map();

// Headers that it asks for besides the signature.
const further = {
  'x-shopify-topic': 'orders/create',
  'x-shopify-shop-domain': 'made-up.myshopify.com',
  'x-shopify-api-version': '2026-10',
  'x-shopify-webhook-id': 'made-up',
};

export default async ({ raw, headers, secret }) => {
  if (!known.has(secret)) known.set(secret, of(secret));
  const rawRequest = { headers: { ...further, ...headers }, method: 'POST', url: '/' };
  const { valid } = await known
    .get(secret)
    .webhooks.validate({ rawBody: raw.toString(), rawRequest, rawResponse: {} });
  return valid;
};

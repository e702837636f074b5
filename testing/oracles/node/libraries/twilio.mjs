import { createRequire } from 'node:module';

const twilio = createRequire(import.meta.url)('twilio');

// As Express parses a form: every value of a repeated name, in a list.
function form(text) {
  const parameters = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    parameters[name] = name in parameters ? [parameters[name], value].flat() : value;
  }
  return parameters;
}

export default ({ raw, headers, secret, url }) => {
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const received = {
    header: (name) => headers[name.toLowerCase()],
    body: isForm ? form(raw.toString()) : {},
    rawBody: raw.toString(),
  };
  return twilio.validateExpressRequest(received, secret, { url });
};

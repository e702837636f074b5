import { createRequire } from 'node:module';

const { hmacValidator } = createRequire(import.meta.url)('@adyen/api-library');

const validator = new hmacValidator();

// Every item, where the documentation looks at the first: what is handled is to be verified.
export default ({ raw, secret }) => {
  const { notificationItems } = JSON.parse(raw.toString());
  const items = notificationItems.map((item) => item.NotificationRequestItem);
  return items.length > 0 && items.every((item) => validator.validateHMAC(item, secret));
};

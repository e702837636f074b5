import { lookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';

const MessageValidator = createRequire(import.meta.url)('sns-validator');

// Certificates are fetched over TLS as ever, from here: the pattern of hosts is the library's own
// option, and the authority that is trusted Node's.
const pem = readFileSync(new URL('localhost.pem', import.meta.url));
https.globalAgent.options.ca = [pem];
const nowhere = (host, options, found) => found(new Error(`${host} is not here`));
https.globalAgent.options.lookup = (host, ...rest) =>
  (host === 'localhost' ? lookup : nowhere)(host, ...rest);
let certificate;
const server = https.createServer({ key: pem, cert: pem }, (_, response) => response.end(certificate));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
server.unref();
const here = `https://localhost:${server.address().port}`;

const PUBLISHED = /^https:\/\/sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?(?=\/)/;
const [itsOwn, ofHere] = [new MessageValidator(), new MessageValidator(/^localhost:\d+$/)];

// A URL is not signed: where its host is one that is published, this one is put into its place, and
// where it is another the library judges it as it is.
export default ({ raw, secret }) =>
  new Promise((accept, refuse) => {
    certificate = secret;
    const message = JSON.parse(raw.toString());
    const isPublished = PUBLISHED.test(message.SigningCertURL);
    if (isPublished) message.SigningCertURL = message.SigningCertURL.replace(PUBLISHED, here);
    (isPublished ? ofHere : itsOwn).validate(message, (error) => (error ? refuse(error) : accept()));
  });

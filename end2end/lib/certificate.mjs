// A certificate authority of one run, and a certificate for `localhost` by it: real TLS with nothing switched off.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const openssl = (...args) => promisify(execFile)('openssl', args);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Writes `ca.pem` into `folder`; returns its path, and key and chain for a server. */
export async function issueForLocalhost(folder) {
  const at = (name) => join(folder, name);
  await writeFile(at('san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  await openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=End to end authority', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  await openssl('req', ...NEW_KEY, '-subj', '/CN=localhost', '-keyout', at('tls.key'), '-out', at('tls.csr'));
  await openssl(
    ...['x509', '-req', '-days', '1', '-in', at('tls.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-extfile', at('san'), '-out', at('tls.pem')],
  );
  return { authority: at('ca.pem'), key: await readFile(at('tls.key')), cert: await readFile(at('tls.pem')) };
}

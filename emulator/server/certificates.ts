import './reflect-metadata.ts';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { type Clock, createClock } from '../lib/clock.ts';
import type { CertificateAuthority, KeyPair } from './exchange.ts';

x509.cryptoProvider.set(webcrypto);

const day = 24 * 60 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** An authority with a self-signed certificate. `verify` checks a certificate's validity period by `clock`. */
export async function createCertificateAuthority(
  name: string,
  clock: Clock = createClock(),
): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    ...validity(10 * 365),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issue = (subject: x509.JsonName, extensions: readonly x509.Extension[]) =>
    issueLeaf(root, keys.privateKey, subject, extensions);
  const servers = new Map<string, Promise<KeyPair>>();
  return {
    certificate: root.toString('pem'),
    issueServer: (host) => {
      const known = servers.get(host) ?? issue([{ CN: [host.slice(0, 64)] }], serverExtensions(host));
      servers.set(host, known);
      return known;
    },
    issueClient: (commonName, organizations) =>
      issue(
        [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }],
        [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      ),
    verify: async (certificate) => {
      const shown = parseCertificate(certificate);
      if (shown === undefined) return false;
      return shown.verify({ publicKey: root, date: new Date(clock.now()) });
    },
  };
}

async function issueLeaf(
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  subject: x509.JsonName,
  extensions: readonly x509.Extension[],
): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: root.subjectName,
    ...validity(2 * 365),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // Python 3.13 and later refuse a certificate that does not name its issuer's key.
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...extensions,
    ],
  });
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(privateKey, 'PRIVATE KEY'),
  };
}

function serverExtensions(host: string): readonly x509.Extension[] {
  return [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
  ];
}

function parseCertificate(pem: string): x509.X509Certificate | undefined {
  try {
    return new x509.X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** TLS clients run in real time, so validity is in real time too. It starts a day ago to allow for clock skew. */
function validity(days: number) {
  const now = Date.now();
  return { notBefore: new Date(now - day), notAfter: new Date(now + days * day) };
}

/** A positive number, as X.509 requires. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}

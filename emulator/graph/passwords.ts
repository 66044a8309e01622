import { randomInt, randomUUID } from 'node:crypto';
import type { Application, PasswordCredential } from '../entra/objects.ts';
import { passwordsOnReplica, setPasswords } from '../entra/replicas.ts';
import { isObject, type JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { bodyOf, type Call, graphRoot, noContent, requireWrite } from './context.ts';
import { badRequest, GraphError } from './errors.ts';
import { check, checkProperties, nullableText, object, type Properties, text, uuid } from './schema.ts';
import { passwordView } from './views.ts';

const day = 24 * 60 * 60 * 1000;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-';
const secretLength = 40;
const dateTimeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)$/;

const dateTime = text({
  refuse: (value) =>
    dateTimeForm.test(value) && !Number.isNaN(Date.parse(value)) ? undefined : 'is not a DateTimeOffset',
});

const credentialProperties: Properties = {
  displayName: nullableText(90),
  startDateTime: dateTime,
  endDateTime: dateTime,
};

/** Creates a client secret. This answer is the only one with its text. */
export function addPassword(call: Call, application: Application): Answer {
  requireWrite(call, application);
  const body = bodyOf(call);
  const { passwordCredential = null, ...rest } = body;
  checkProperties(rest, {});
  if (passwordCredential !== null) check(passwordCredential, object(credentialProperties), 'passwordCredential');
  const credential = newCredential(call, isObject(passwordCredential) ? passwordCredential : {});
  refuseByPolicy(call, application, credential);
  setPasswords(application, [...application.passwordCredentials, credential], call.clock.now());
  return {
    status: 200,
    headers: { location: `https://${call.directory.cloud.graph}` },
    body: {
      '@odata.context': `${graphRoot(call)}/$metadata#microsoft.graph.passwordCredential`,
      ...passwordView(credential, credential.secretText),
    },
  };
}

export function removePassword(call: Call, application: Application): Answer {
  requireWrite(call, application);
  const body = bodyOf(call);
  checkProperties(body, { keyId: uuid });
  const named = ({ keyId }: PasswordCredential) => keyId === body['keyId'];
  if (!application.passwordCredentials.some(named) || !passwordsOnReplica(application, call.directory).some(named))
    throw badRequest(`No password credential found with keyId ${body['keyId']}.`);
  const kept = application.passwordCredentials.filter((credential) => !named(credential));
  setPasswords(application, kept, call.clock.now());
  return noContent;
}

/** Without an end date it is valid for two years, as documented. */
function newCredential({ clock }: Call, wanted: JsonObject): PasswordCredential {
  const now = clock.now();
  const start = dateOf(wanted['startDateTime']) ?? now;
  const end = dateOf(wanted['endDateTime']) ?? twoYearsAfter(start);
  if (end <= start || end <= now)
    throw badRequest("Invalid value specified for property 'endDateTime': it is not in the future.", 'InvalidValue');
  const random = Array.from({ length: secretLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  // As Entra's, whose fourth to sixth characters tell its kind.
  const secretText = `${random.slice(0, 3)}8Q~${random.slice(6)}`;
  const displayName = wanted['displayName'];
  return {
    keyId: randomUUID(),
    displayName: typeof displayName === 'string' ? displayName : null,
    startDateTime: new Date(start).toISOString(),
    endDateTime: new Date(end).toISOString(),
    hint: secretText.slice(0, 3),
    secretText,
    createdAt: now,
  };
}

function refuseByPolicy({ directory }: Call, application: Application, credential: PasswordCredential): void {
  const { policy, settings } = directory;
  if (policy.passwordAddition === 'blocked')
    throw new GraphError(
      400,
      'CredentialTypeNotAllowedAsPerAppPolicy',
      `Credential type not allowed as per assigned policy '${policy.id}'.`,
    );
  const lifetime = Date.parse(credential.endDateTime) - Date.parse(credential.startDateTime);
  if (policy.maximumPasswordLifetime !== undefined && lifetime > policy.maximumPasswordLifetime * day)
    throw new GraphError(
      400,
      'CredentialInvalidLifetimeAsPerAppPolicy',
      `Credential lifetime exceeds the max value allowed as per assigned policy '${policy.id}'.`,
    );
  if (application.passwordCredentials.length >= settings.passwordLimit)
    throw new GraphError(
      400,
      'Directory_ObjectSizeExceeded',
      'The size of the object has exceeded its limit. Please reduce the number of values and retry your request.',
    );
}

function dateOf(value: JsonObject[string]): number | undefined {
  return typeof value === 'string' ? Date.parse(value) : undefined;
}

function twoYearsAfter(start: number): number {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + 2);
  return end.getTime();
}

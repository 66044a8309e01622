import { dump } from 'js-yaml';
import { type JsonObject, object, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import type { ClusterRecord } from '../state/cluster-record.ts';
import { badRequest } from './errors.ts';

export async function userCredential(record: ClusterRecord): Promise<Answer> {
  const entra = object(record.model, 'properties', 'aadProfile')['managed'] === true;
  const user = entra
    ? {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1beta1',
          command: 'kubelogin',
          args: ['get-token', '--server-id', '6dae42f8-4368-4678-94ff-3960e28e3630'],
          provideClusterInfo: false,
        },
      }
    : await certificateUser(record, 'masterclient');
  return {
    status: 200,
    body: { kubeconfigs: [{ name: 'clusterUser', value: kubeconfig(record, 'clusterUser', user) }] },
  };
}

export async function adminCredential(record: ClusterRecord): Promise<Answer> {
  if (object(record.model, 'properties')['disableLocalAccounts'] === true) {
    throw badRequest(
      'BadRequest',
      'Getting static credential is not allowed because this cluster is set to disable local accounts.',
    );
  }
  const user = await certificateUser(record, 'masterclient');
  return {
    status: 200,
    body: { kubeconfigs: [{ name: 'clusterAdmin', value: kubeconfig(record, 'clusterAdmin', user) }] },
  };
}

/** The kubeconfig inside a command pod: for the identity of the token, or for the local administrator. */
export async function kubeconfigForCommand(record: ClusterRecord, token: string): Promise<string> {
  const user = token === '' ? await certificateUser(record, 'masterclient') : { token };
  return Buffer.from(kubeconfig(record, 'command', user), 'base64').toString();
}

async function certificateUser(record: ClusterRecord, name: string): Promise<JsonObject> {
  const { certificate, privateKey } = await record.kubernetes.authority.issueClient(name, ['system:masters']);
  return { 'client-certificate-data': base64(certificate), 'client-key-data': base64(privateKey) };
}

function kubeconfig({ kubernetes, model }: ClusterRecord, user: string, credential: JsonObject): string {
  const cluster = text(model, 'name') ?? '';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': cluster,
    clusters: [
      {
        name: cluster,
        cluster: {
          server: `https://${kubernetes.fqdn}:443`,
          'certificate-authority-data': base64(kubernetes.authority.certificate),
        },
      },
    ],
    contexts: [{ name: cluster, context: { cluster, user } }],
    users: [{ name: user, user: credential }],
  };
  return base64(dump(config));
}

const base64 = (source: string) => Buffer.from(source).toString('base64');

import { apiServerFails, fixForWords } from '../kubernetes/causes.ts';
import { type Fix, fix } from '../lib/fix.ts';

/** Fixes for failures of Helm, by words in its message. kubernetes/causes.ts has those for words of the API server. */
export const HELM_WORDS: readonly (readonly [words: RegExp, fix: (namespace: string) => Fix])[] = [
  [
    /cannot be imported into the current release/i,
    () =>
      fix`the object belongs to somebody else: set release-name or namespace to another name, or delete the object that Helm names.`,
  ],
  [
    /field is immutable|updates to \w+ spec for fields other than/i,
    (namespace) =>
      fix`delete the object that Helm names, and run the job again, to create it again: kubectl --namespace ${namespace} delete KIND NAME`,
  ],
  [
    /no matches for kind|resource mapping not found/i,
    () => fix`install what defines this kind in the cluster, or turn off what uses it in \`values\`.`,
  ],
  [
    /\bcannot \w+ resource\b/i,
    () =>
      fix`give the deploying identity the permission that the API server names, in the cluster or by an Azure role.`,
  ],
  [/unable to handle the request|kubernetes cluster unreachable/i, () => apiServerFails('Helm')],
  [
    /^helm \w+ did not finish within \d+ seconds/,
    (namespace) =>
      fix`look for what did not answer, the API server or an admission webhook (kubectl --namespace ${namespace} get events; kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations), and run the job again; it resumes where it stopped. Or raise wait-timeout.`,
  ],
];

export function fixForHelm(problem: string, namespace: string): Fix | undefined {
  return fixForWords(problem, namespace) ?? HELM_WORDS.find(([words]) => words.test(problem))?.[1](namespace);
}

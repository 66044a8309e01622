import { type Fix, fix } from '../lib/fix.ts';

/** Cause of a refusal by the API server, an admission plugin or a webhook. */
export type KubernetesMeaning =
  | 'permission'
  | 'terminating'
  | 'quota'
  | 'limits'
  | 'pod security'
  | 'policy'
  /** An admission webhook did not answer. */
  | 'webhook down'
  /** An admission webhook that no dry run can ask. */
  | 'no dry run';

/**
 * Messages of the API server and its admission plugins, with their causes. Status and reason do not tell the cause: any
 * of these may be 400, 403 or 422. Other messages end a run with the server's own words.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
export const KUBERNETES_WORDS: readonly (readonly [words: RegExp, meaning: KubernetesMeaning])[] = [
  [/because it is being terminated|is being terminated|object is being deleted: namespaces /i, 'terminating'],
  [/\b(exceeded|failed|insufficient) quota\b/i, 'quota'],
  [/violates PodSecurity/i, 'pod security'],
  [/does not support dry run/i, 'no dry run'],
  [/failed (calling|to call) webhook/i, 'webhook down'],
  [/admission webhook "[^"]*" denied|ValidatingAdmissionPolicy '[^']*'|denied (the )?request/i, 'policy'],
  [/\b(minimum|maximum) \w+ usage per \w+ is\b|must be less than or equal to \w+ limit/i, 'limits'],
  [
    /\bcannot \w+ (resource|path)\b|attempting to grant RBAC permissions|does not have access to the resource in Azure/i,
    'permission',
  ],
];

export function kubernetesMeaning(words: string): KubernetesMeaning | undefined {
  return KUBERNETES_WORDS.find(([pattern]) => pattern.test(words))?.[1];
}

/** The fix for each, except for a missing permission, which depends on the cluster. */
export const KUBERNETES_FIXES: Readonly<
  Record<Exclude<KubernetesMeaning, 'permission' | 'no dry run'>, (namespace: string) => Fix>
> = {
  terminating: (namespace) =>
    fix`see what keeps it: kubectl get namespace ${namespace} --output yaml (status.conditions); remove that, or set namespace to another name.`,
  quota: (namespace) =>
    fix`raise the quota or free some of it (kubectl --namespace ${namespace} describe resourcequota), or set smaller resources in \`values\`.`,
  limits: (namespace) =>
    fix`set resources in \`values\` that the limits allow: kubectl --namespace ${namespace} describe limitrange`,
  'pod security': (namespace) =>
    fix`set securityContext and podSecurityContext in \`values\` as the level requires, or have the namespace's level changed: kubectl get namespace ${namespace} --show-labels`,
  policy: (namespace) =>
    fix`meet what the policy requires (namespace-labels, \`values\`), or have namespace ${namespace} excluded from it.`,
  'webhook down': () =>
    fix`run the job again when the webhook answers; to find it: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`,
};

/** The fix for these words of the API server, wherever they were found; undefined for words that are not known. */
export function fixForWords(words: string, namespace: string): Fix | undefined {
  const meaning = kubernetesMeaning(words);
  return meaning === undefined || meaning === 'permission' || meaning === 'no dry run'
    ? undefined
    : KUBERNETES_FIXES[meaning](namespace);
}

/** The fix where the API server itself fails, for the one whose report is shown. */
export const apiServerFails = (reporter: string): Fix =>
  fix`run the job again, which resumes where it stopped: the API server may be overloaded or restarting. If it fails again, look for the cause in what ${reporter} reports.`;

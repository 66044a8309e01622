import { OIDC_VARIABLES } from '../kubernetes/oidc-secret.ts';
import { listAt, stringAt, stringsAt } from '../lib/json.ts';

/** Variables that Kubernetes itself sets, one set for each Service of the namespace. */
const OF_SERVICES = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\w+)?)$/;

/**
 * The `$(NAME)` in the arguments of Headlamp's container that nothing defines. Kubernetes leaves them as they are, and
 * Headlamp stops at a flag that it cannot parse. Other containers may have a shell, where `$(NAME)` is a command.
 * @param secretName of the Secret that this action writes
 */
export function undefinedVariables(deployment: unknown, secretName: string | undefined): readonly string[] {
  const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  return containers.flatMap((container) => {
    const args = stringsAt(container, 'args');
    if (!args.some((argument) => /^--?oidc-/.test(argument))) return [];
    const sources = listAt(container, 'envFrom');
    // What somebody else's Secret or ConfigMap defines shows only in the cluster.
    if (sources.some((source) => stringAt(source, 'secretRef', 'name') !== secretName)) return [];
    const defined = new Set<string | undefined>(listAt(container, 'env').map((entry) => stringAt(entry, 'name')));
    if (sources.length > 0) for (const name of OIDC_VARIABLES) defined.add(name);
    const used = args.flatMap((argument) => [...argument.matchAll(/\$\$|\$\(([\w.-]+)\)/g)].map(([, name]) => name));
    return [...new Set(used)].filter(
      (name): name is string => name !== undefined && !defined.has(name) && !OF_SERVICES.test(name),
    );
  });
}

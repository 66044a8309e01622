import { KUBERNETES_FIXES } from '../../kubernetes/causes.ts';
import { type Check, type Doubt, from } from './check.ts';
import { API_SERVER, type Evidence } from './evidence.ts';

/** Nothing can be created in a namespace that is being deleted. */
export function namespaceCheck(evidence: Evidence): Check {
  return { title: 'Namespace', run: () => checkNamespace(evidence) };
}

async function checkNamespace({ headlamp, context }: Evidence): Promise<string | Doubt> {
  const name = context.release.namespace;
  const { namespace } = await from(API_SERVER, headlamp);
  if (namespace.kind === 'absent') return `no ${name} yet, a deployment creates it`;
  if (namespace.kind === 'active') return `${name} is active`;
  return {
    doubt: `${name} is being deleted and waits for ${namespace.waitsFor}; a deployment waits for its end, up to wait-timeout`,
    fix: KUBERNETES_FIXES.terminating(name),
  };
}

import { explainRefusal } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import { fixForHelm } from '../../helm/causes.ts';
import { planNamespace } from '../../kubernetes/namespace.ts';
import { planOidcSecret } from '../../kubernetes/oidc-secret.ts';
import type { KubernetesRefusal } from '../../kubernetes/refusal.ts';
import { ActionError } from '../../lib/errors.ts';
import { type Fix, fix } from '../../lib/fix.ts';
import { counted } from '../../lib/text.ts';
import type { HeadlampState } from '../deploy/observe-cluster.ts';
import { planBindings } from '../deploy/plan.ts';
import { rehearsalsOf, rehearse } from '../deploy/rehearsal.ts';
import { type Check, type Doubt, from, NotChecked } from './check.ts';
import { API_SERVER, CHART, type Evidence } from './evidence.ts';

/** Whether the policies of the cluster let in what a deployment writes: a dry run of each object. */
export function admissionCheck(evidence: Evidence): Check {
  return { title: 'Policies of the cluster', run: () => checkAdmission(evidence) };
}

async function checkAdmission({ headlamp: pending, connection, chart, context }: Evidence): Promise<string | Doubt> {
  const headlamp = await from(API_SERVER, pending);
  const { kubernetes } = await from(API_SERVER, connection);
  if (headlamp.namespace.kind === 'terminating') throw new NotChecked('the namespace is being deleted');
  const { objects } = await from(CHART, chart);
  const all = rehearsalsOf(context, changesIn(context, headlamp), headlamp, objects);
  const { certain, likely, unclear, admitted } = await rehearse(kubernetes, all);
  if (certain.length > 0) throw together(certain.map((refusal) => explained(refusal, context)));
  const doubts = [...likely, ...unclear].map((refusal) => explained(refusal, context));
  if (doubts.length > 0) {
    const { why, fix } = together(doubts).failure;
    return { doubt: why, fix };
  }
  const rest =
    headlamp.namespace.kind === 'absent'
      ? `; what goes into namespace ${context.release.namespace} can be tried when it exists`
      : '';
  return `${counted(admitted, 'object')} let in by a dry run${rest}`;
}

/** Everything is tried, even if it would not change now. */
function changesIn({ inputs, release }: Context, { namespace, oidcSecret, roleBindings }: HeadlampState) {
  return {
    namespace: planNamespace({ name: release.namespace, labels: inputs.namespaceLabels }, namespace),
    oidcSecret: planOidcSecret(release, undefined, oidcSecret),
    roleBindings: planBindings({ inputs, release }, roleBindings),
  };
}

function explained(refusal: KubernetesRefusal, context: Context): ActionError {
  const { failure } = explainRefusal(context, refusal);
  const known = refusal.meaning === undefined ? fixForHelm(failure.why, context.release.namespace) : undefined;
  return new ActionError({ ...failure, fix: known ?? failure.fix });
}

/** All refusals under the first of them, each fix once. */
function together(errors: readonly ActionError[]): ActionError {
  const failures = errors.map(({ failure }) => failure);
  const fixes = [...new Map(failures.map((failure) => [String(failure.fix), failure.fix])).values()];
  const [first] = failures;
  const all = fixes.reduce<Fix | undefined>((before, next) => (before ? fix`${before} ${next}` : next), undefined);
  return new ActionError({
    id: first?.id ?? 'request-failed',
    what: first?.what ?? '',
    why: failures.map(({ why }) => why).join('; '),
    fix: all ?? fix``,
  });
}

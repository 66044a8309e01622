import type { Context } from '../context/context.ts';
import type { Outside } from '../context/outcome.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import { redirectProblems } from './sign-in.ts';

const CERTIFICATE_PROBLEM = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|INVALID_CA/;

/** @param contextName the chart's name for its own cluster */
export async function observeFromOutside(
  context: Context,
  clientId: string,
  contextName = contextNameOf(context),
): Promise<Outside> {
  const { inputs, cloud, tenantId, redirectUri, transport } = context;
  const url = new URL(`${inputs.url}/oidc`);
  if (url.hostname === 'localhost') return { kind: 'local' };
  url.searchParams.set('cluster', contextName);
  try {
    const answer = await transport.outside(url);
    if (answer.status !== 302)
      return { kind: 'no Headlamp', why: `it answers ${answer.status} to the start of a sign-in: ${answer.excerpt()}` };
    const problems = redirectProblems(answer, { cloud, tenantId, redirectUri, clientId });
    if (problems.length > 0) return { kind: 'wrong redirect', why: problems.join('; ') };
    return { kind: 'verified', certificate: answer.certificate };
  } catch (error) {
    const code = stringAt(error, 'code') ?? '';
    return { kind: CERTIFICATE_PROBLEM.test(code) ? 'bad certificate' : 'unreachable', why: messageOf(error) };
  }
}

/**
 * With delivery vault, the only place where Headlamp can be looked at.
 * @param settled nothing has changed, so a Headlamp that others deploy should have the same settings by now
 * @throws ActionError headlamp-redirect-wrong
 */
export async function verifyFromOutside(context: Context, clientId: string, settled: boolean): Promise<Outside> {
  const { url } = context.inputs;
  const outside = await observeFromOutside(context, clientId);
  if (outside.kind === 'verified')
    context.log.info(`${url} redirects to Entra with the right client ID, redirect URI and scopes`);
  if (outside.kind !== 'wrong redirect' || !settled) return outside;
  throw new ActionError({
    id: 'headlamp-redirect-wrong',
    what: `Headlamp at ${url} does not redirect to Entra correctly`,
    why: outside.why,
    fix: fix`deploy Headlamp with the chart values in the output \`values\` of mode deploy; then run the job again, or set verify to false until then.`,
  });
}

function contextNameOf({ inputs }: Context): string {
  return stringAt(inputs.userValues, 'config', 'inClusterContextName') ?? 'main';
}

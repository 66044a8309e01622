import { type OidcSettings, oidcEnvironment } from '../kubernetes/oidc-secret.ts';
import type { JsonRecord } from '../lib/json.ts';
import { type GeneratedValues, generateValues, mergeValues } from './values.ts';

/** Restarts the pods when the Secret changes, if Reloader runs on the cluster. https://github.com/stakater/Reloader */
const RELOADER_ANNOTATION = 'secret.reloader.stakater.com/reload';

/**
 * The chart's values for somebody else's Helm, Argo CD or Flux. None is secret: the client secret comes from the
 * Secret, and everything else is in `env`, because tools that copy from a vault cannot add constants.
 */
export function valuesForOthers(
  generated: GeneratedValues,
  settings: Omit<OidcSettings, 'clientSecret'>,
  users: JsonRecord,
): JsonRecord {
  const { OIDC_CLIENT_SECRET: _, ...environment } = oidcEnvironment({ ...settings, clientSecret: '' });
  const { env, ...others } = users;
  const ofSignIn = Object.entries(environment).map(([name, value]) => ({ name, value }));
  const reload = { deploymentAnnotations: { [RELOADER_ANNOTATION]: generated.secretName } };
  return {
    ...mergeValues({ ...generateValues(generated), ...reload }, others),
    env: [...ofSignIn, ...(Array.isArray(env) ? env : [])],
  };
}

import { readFileSync } from 'node:fs';
import type { Deployment } from '../context/outcome.ts';
import { oidcSecretName } from '../kubernetes/oidc-secret.ts';
import { yamlOf } from '../lib/yaml.ts';
import { block, code, type Markdown, md, sections } from './markdown.ts';

export const TEMPLATES = {
  externalSecret: readFileSync(new URL('./gitops/external-secret.yaml', import.meta.url), 'utf8'),
  providerClass: readFileSync(new URL('./gitops/secret-provider-class.yaml', import.meta.url), 'utf8'),
  volume: readFileSync(new URL('./gitops/volume.yaml', import.meta.url), 'utf8'),
} as const;

type Names = Pick<
  Deployment['inputs'],
  'namespace' | 'releaseName' | 'vaultName' | 'vaultSecretName' | 'tenantId' | 'environment'
>;

/** What to paste into the repository that deploys Headlamp; nothing unless others deploy it. */
export function gitOps({ inputs, values }: Deployment): Markdown | undefined {
  if (!values) return undefined;
  const secret = oidcSecretName(inputs.releaseName);
  return sections(
    md`### Deploy Headlamp`,
    md`Chart ${code(inputs.chartVersion)}, release ${code(inputs.releaseName)} in namespace ${code(inputs.namespace)}, with these values (also in the output ${code('values')}). None of them is secret.`,
    yaml(yamlOf(values)),
    md`The Secret ${code(secret)} has to hold the client secret under ${code('OIDC_CLIENT_SECRET')}. With External Secrets:`,
    yaml(filled(TEMPLATES.externalSecret, inputs)),
    folded('With the Secrets Store CSI driver', [
      yaml(filled(TEMPLATES.providerClass, inputs)),
      md`and these values, as the driver copies the secret only while a pod mounts it:`,
      yaml(filled(TEMPLATES.volume, inputs)),
    ]),
    md`Headlamp reads a changed Secret only when its pods restart. The annotation ${code(`secret.reloader.stakater.com/reload: ${secret}`)} in the values makes Reloader do it.`,
  );
}

/** The names in the templates are in capitals; all that replaces them was checked as inputs. */
export function filled(template: string, inputs: Names): string {
  const names: Readonly<Record<string, string>> = {
    NAMESPACE: inputs.namespace,
    SECRET: oidcSecretName(inputs.releaseName),
    'KEY-VAULT': inputs.vaultName,
    'VAULT-SECRET': inputs.vaultSecretName,
    TENANT: inputs.tenantId,
    CLOUD: CSI_CLOUDS[inputs.environment],
  };
  return template.replace(
    /\b(?:NAMESPACE|SECRET|KEY-VAULT|VAULT-SECRET|TENANT|CLOUD)\b(?!_)/g,
    (name) => names[name] ?? name,
  );
}

/** https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/ */
const CSI_CLOUDS = {
  AzureCloud: 'AzurePublicCloud',
  AzureUSGovernment: 'AzureUSGovernmentCloud',
  AzureChinaCloud: 'AzureChinaCloud',
} as const;

const yaml = (text: string) => block(text.trimEnd(), 'yaml');
const folded = (title: string, parts: readonly Markdown[]) =>
  sections(md`<details><summary>${title}</summary>`, ...parts, md`</details>`);

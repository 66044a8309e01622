import type { Deployment, Destruction } from '../context/outcome.ts';
import type { ActionError } from '../lib/errors.ts';
import { type Documentation, sectionAbout } from './documentation.ts';
import { gitOps } from './gitops.ts';
import { block, changeTable, code, day, daysUntil, link, sections, table, text } from './markdown.ts';
import * as portal from './portal.ts';
import type { Warning } from './warnings.ts';

/** The job summary of a successful run, in GitHub's Markdown. */
export function summaryOf(deployment: Deployment, warnings: readonly Warning[], now: Date): string {
  const { inputs, changes } = deployment;
  const count = `${changes.length} change${changes.length === 1 ? '' : 's'}`;
  const state = changes.length === 0 ? 'no changes' : inputs.mode === 'plan' ? `${count} planned` : count;
  return sections(
    `## Headlamp on ${text(inputs.clusterName)}: ${state}`,
    ...warnings.map(note),
    facts(deployment, now),
    inputs.mode === 'plan' ? '' : opening(deployment),
    gitOps(deployment),
    changes.length === 0
      ? ''
      : sections(inputs.mode === 'plan' ? '### What deploy would change' : '### What changed', changeTable(changes)),
    people(deployment),
  );
}

/** The job summary of mode destroy. */
export function destructionSummary({ inputs, changes, kept }: Destruction): string {
  const state = changes.length === 0 ? 'nothing to destroy' : 'destroyed';
  return sections(
    `## Headlamp on ${text(inputs.clusterName)}: ${state}`,
    changes.length === 0 ? '' : sections('### What was removed', changeTable(changes)),
    sections(
      '### What stays',
      ['the cluster and its Entra integration', ...kept].map((line) => `- ${text(line)}`).join('\n'),
    ),
  );
}

/**
 * The job summary of a run that failed.
 * @param refusals a line for each request that was refused last, with the ids that support asks for
 */
export function failureSummary(
  { failure }: ActionError,
  documentation: Documentation,
  refusals: readonly string[] = [],
): string {
  const page = sectionAbout(documentation, failure.id);
  return sections(
    `## Headlamp on AKS failed: \`${failure.id}\``,
    `**${text(failure.what)}.**`,
    block(failure.why.trim()),
    '**How to fix it**',
    block(String(failure.fix).trim()),
    page === undefined ? '' : `More about ${link(failure.id, page)}.`,
    'After the fix, run the job again: it resumes where this run stopped.',
    ...(refusals.length === 0 ? [] : ['**Requests that were refused last**', block(refusals.join('\n'))]),
  );
}

/** GitHub turns bare URLs in Markdown into links. */
function note({ title, text: what }: Warning): string {
  return ['> [!WARNING]', `> **${text(title)}.** ${what}`].join('\n');
}

function facts({ inputs, cluster, cloud, facts: found, verified }: Deployment, now: Date): string {
  const { application, servicePrincipalId, release, vaultSecretId, secretExpiresOn, retainedUntil } = found;
  const rows = [
    ['Open at', inputs.url],
    [
      'Headlamp',
      release &&
        `${text(release.appVersion)}, Helm release ${code(inputs.releaseName)} revision ${release.revision} in namespace ${code(inputs.namespace)}`,
    ],
    [
      'Cluster',
      `${link(inputs.clusterName, portal.resource(cloud, inputs.tenantId, cluster.id))}${cluster.kubernetesVersion && `, Kubernetes ${text(cluster.kubernetesVersion)}`}`,
    ],
    [
      'Sign-in',
      application &&
        `${link(application.displayName, portal.application(cloud, application.appId))}, client id ${code(application.appId)}, tenant ${code(inputs.tenantId)}`,
    ],
    [
      'Permissions',
      servicePrincipalId &&
        application &&
        link('consent and users', portal.permissions(cloud, servicePrincipalId, application.appId)),
    ],
    [
      'Client secret',
      vaultSecretId &&
        `${link('in Key Vault', portal.vaultSecret(cloud, inputs.tenantId, vaultSecretId))}${secretExpiresOn ? `, expires ${day(secretExpiresOn)} (${daysUntil(secretExpiresOn, now)})` : ''}`,
    ],
    [
      'The one before',
      retainedUntil && `stays valid until ${retainedUntil.toISOString().slice(0, 16)}Z; a run after that removes it`,
    ],
    ['Verified', verified && 'Headlamp redirects to Entra as expected, and Entra accepts the client secret'],
  ];
  const shown = rows.filter((row): row is [string, string] => typeof row[1] === 'string' && row[1] !== '');
  const lines = shown.map(([name, value]) => `| **${name}** | ${value} |`);
  // The first row is the header: Markdown has no table without one.
  return [lines[0], '|---|---|', ...lines.slice(1)].join('\n');
}

function opening({ inputs, cluster, facts: { release } }: Deployment): string {
  const service = release?.service;
  if (!service) return '';
  const url = new URL(inputs.url);
  if (url.hostname !== 'localhost') return sections('### Open Headlamp', `<${inputs.url}>`);
  const subscription = cluster.id.split('/')[2] ?? '';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return sections(
    '### Open Headlamp',
    block(
      [
        `az aks get-credentials --subscription ${subscription} --resource-group ${inputs.resourceGroup} --name ${inputs.clusterName}`,
        `kubectl --namespace ${inputs.namespace} port-forward service/${service.name} ${port}:${service.port}`,
      ].join('\n'),
    ),
    `Then open <${inputs.url}> and sign in.`,
  );
}

/** Which role each Entra group has after sign-in. */
function people({ inputs, cluster, cloud }: Deployment): string {
  const added = inputs.manageCluster ? inputs.adminGroupObjectIds : [];
  const admins = [...new Set([...(cluster.entra?.adminGroupObjectIds ?? []), ...added])];
  const rows = [
    ...inputs.access.kubernetes.map(({ clusterRole, groupObjectIds }) => [code(clusterRole), groupObjectIds] as const),
    ...inputs.access.azure.map(({ role, groupObjectIds }) => [text(role), groupObjectIds] as const),
    ...(admins.length > 0 ? [['cluster administrator', admins] as const] : []),
  ];
  if (rows.length === 0) return '';
  const groups = (ids: readonly string[]) => ids.map((id) => link(id, portal.group(cloud, id))).join('<br>');
  return sections(
    '### Who has access',
    table(
      ['Role', 'Entra groups'],
      rows.map(([role, ids]) => [role, groups(ids)]),
    ),
  );
}

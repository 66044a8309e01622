import type { AccessRule, Holder } from '../azure/access-rule.ts';
import type { Deployment, Destruction } from '../context/outcome.ts';
import { type ActionError, sentence } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { type Documentation, sectionAbout } from './documentation.ts';
import { gitOps } from './gitops.ts';
import { ICON } from './icon.ts';
import {
  address,
  block,
  changeTable,
  code,
  day,
  daysUntil,
  lines,
  link,
  Markdown,
  md,
  sections,
  table,
} from './markdown.ts';
import * as portal from './portal.ts';
import { howToFix, prose } from './prose.ts';
import type { Warning } from './warnings.ts';

/** The job summary of a successful run, in GitHub's Markdown: what somebody has to know or do first. */
export function summaryOf(deployment: Deployment, warnings: readonly Warning[], now: Date): Markdown {
  const { inputs, changes } = deployment;
  const changed =
    changes.length === 0
      ? undefined
      : sections(md`### ${inputs.mode === 'plan' ? 'What deploy would change' : 'What changed'}`, changeTable(changes));
  return sections(
    titleOf(deployment, warnings),
    ...warnings.map(note),
    inputs.mode === 'plan' ? undefined : opening(deployment),
    gitOps(deployment),
    changed,
    sections(md`### Details`, facts(deployment, now)),
    people(deployment),
  );
}

function titleOf({ inputs, changes, facts: { secretRotated } }: Deployment, warnings: readonly Warning[]): Markdown {
  const plan = inputs.mode === 'plan';
  const count = counted(changes.length, 'change');
  const state = changes.length === 0 ? 'no changes' : plan ? `${count} planned` : count;
  const rotated = secretRotated && !plan ? ', new client secret' : '';
  const icon = warnings.length > 0 ? ICON.warning : plan ? ICON.planned : ICON.done;
  return md`## ${icon} Headlamp on ${inputs.clusterName}: ${state}${rotated}`;
}

/** The job summary of mode destroy. */
export function destructionSummary({ inputs, changes, kept }: Destruction): Markdown {
  const state = changes.length === 0 ? 'nothing to destroy' : 'destroyed';
  return sections(
    md`## ${ICON.removed} Headlamp on ${inputs.clusterName}: ${state}`,
    changes.length === 0
      ? undefined
      : sections(
          md`### What was removed`,
          changeTable(changes),
          changes.some(({ resource }) => resource === 'application')
            ? md`A deployment within 30 days brings the same app registration back.`
            : undefined,
        ),
    sections(
      md`### What stays`,
      lines(['the cluster and its Entra integration', ...kept].map((line) => md`- ${line}`)),
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
): Markdown {
  const page = sectionAbout(documentation, failure.id);
  return sections(
    md`## ${ICON.failed} Headlamp on AKS failed: ${page === undefined ? code(failure.id) : link(failure.id, page)}`,
    md`**${failure.what}.**`,
    prose(sentence(failure.why)),
    howToFix(String(failure.fix)),
    md`After the fix, run the job again: it resumes where this run stopped.`,
    ...(refusals.length === 0
      ? []
      : [md`**Requests that were refused last**`, lines(refusals.map((refusal) => md`- ${refusal}`))]),
  );
}

function note({ title, text, address: page }: Warning): Markdown {
  return lines([md`> [!WARNING]`, md`> **${title}.** ${text}${page && md` ${address(page)}`}`]);
}

function facts({ inputs, cluster, cloud, facts: found, verified }: Deployment, now: Date): Markdown {
  const { application, servicePrincipalId, release, vaultSecretId, secretExpiresOn, retainedUntil } = found;
  const rows: readonly (readonly [string, Markdown | undefined])[] = [
    ['Open at', release?.service ? undefined : address(inputs.url)],
    [
      'Headlamp',
      release &&
        md`${release.appVersion && `${release.appVersion}, `}Helm release ${code(inputs.releaseName)} revision ${release.revision} in namespace ${code(inputs.namespace)}`,
    ],
    [
      'Cluster',
      md`${link(inputs.clusterName, portal.resource(cloud, inputs.tenantId, cluster.id))}${cluster.kubernetesVersion && `, Kubernetes ${cluster.kubernetesVersion}`}`,
    ],
    [
      'Sign-in',
      application &&
        md`${link(application.displayName, portal.application(cloud, application.appId))}, client ID ${code(application.appId)}, tenant ${code(inputs.tenantId)}`,
    ],
    [
      'Permissions',
      servicePrincipalId && application
        ? link('consent and users', portal.permissions(cloud, servicePrincipalId, application.appId))
        : undefined,
    ],
    [
      'Client secret',
      vaultSecretId
        ? md`${link('in Key Vault', portal.vaultSecret(cloud, inputs.tenantId, vaultSecretId))}${secretExpiresOn && `, expires ${day(secretExpiresOn)} (${daysUntil(secretExpiresOn, now)})`}`
        : undefined,
    ],
    [
      'Superseded client secret',
      retainedUntil && md`stays valid until ${retainedUntil.toISOString().slice(0, 16)}Z; a run after that removes it`,
    ],
    [
      'Verified',
      verified ? md`Headlamp redirects to Entra as expected, and Entra accepts the client secret` : undefined,
    ],
  ];
  // The first row is the header: Markdown has no table without one.
  const [first = [], ...others] = rows.filter(([, value]) => value).map(([name, value]) => [md`**${name}**`, value]);
  return table(first, others);
}

function opening({ inputs, cluster, facts: { release } }: Deployment): Markdown | undefined {
  const service = release?.service;
  if (!service) return undefined;
  const url = new URL(inputs.url);
  if (url.hostname !== 'localhost') return sections(md`### Open Headlamp`, address(inputs.url));
  const subscription = cluster.id.split('/')[2] ?? '';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return sections(
    md`### Open Headlamp`,
    md`In a terminal, with your own account:`,
    block(
      [
        `az aks get-credentials --subscription ${subscription} --resource-group ${inputs.resourceGroup} --name ${inputs.clusterName}`,
        `kubectl --namespace ${inputs.namespace} port-forward service/${service.name} ${port}:${service.port}`,
      ].join('\n'),
    ),
    md`Then open ${address(inputs.url)} and sign in.`,
  );
}

/** Which role each Entra group has after sign-in. */
function people({ inputs, cluster, cloud }: Deployment): Markdown | undefined {
  const added = inputs.manageCluster ? inputs.adminGroupObjectIds : [];
  const admins = [...new Set([...(cluster.entra?.adminGroupObjectIds ?? []), ...added])];
  const lines = (parts: readonly Markdown[]) => Markdown.join(parts, '<br>');
  const groups = (ids: readonly string[]) => ids.map((id) => link(id, portal.group(cloud, id)));
  const row = (role: Markdown, { namespace, holders }: AccessRule): readonly Markdown[] => {
    const of = (type: Holder['type']) =>
      holders.filter((holder) => holder.type === type).map(({ objectId }) => objectId);
    const people = [...groups(of('Group')), ...of('User').map((id) => md`user ${code(id)}`)];
    return [namespace === undefined ? role : md`${role} in ${code(namespace)}`, lines(people)];
  };
  const rows = [
    ...inputs.access.kubernetes.map((rule) => row(code(rule.role), rule)),
    ...inputs.access.azure.map((rule) => row(md`${rule.role}`, rule)),
    ...(admins.length > 0 ? [[md`cluster administrator`, lines(groups(admins))]] : []),
  ];
  if (rows.length === 0) return undefined;
  return sections(md`### Who has access`, table(['Role', 'Entra groups'], rows));
}

import { path } from '../lib/api-path.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { pagesOf } from '../lib/pages.ts';
import { few } from '../lib/text.ts';
import { type Arm, armRefusal, type ResourceRequest } from './arm.ts';
import type { ClusterName } from './cluster-client.ts';
import { describeSelector, queryOf, type Selector } from './cluster-selector.ts';
import { observeSubscriptionNames } from './subscription.ts';

/** As many as a page can have. https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data */
const PAGE = 1_000;

export interface Found {
  readonly clusters: readonly ClusterName[];
  /** Whether the identity reads more subscriptions than Azure Resource Graph searches. */
  readonly isPartial: boolean;
}

/**
 * The clusters of a selector in all subscriptions that the identity reads. Only their ids are used, so nobody can
 * change a deployment by writing tags.
 * @throws ActionError no-cluster-selected, arm-permission-missing, request-failed
 */
export async function findClusters(arm: Arm, selector: Selector, clientId: string): Promise<Found> {
  const query = queryOf(selector);
  const found = await readPages(arm, query).catch((error: unknown) => {
    if (/NoValidSubscriptions/.test(armRefusal(error)?.message ?? '')) return { clusters: [], isPartial: false };
    throw error;
  });
  if (found.clusters.length > 0) return found;
  const subscriptions = await observeSubscriptionNames(arm).catch(() => undefined);
  throw new ActionError({
    id: 'no-cluster-selected',
    what: `cluster-selector ${describeSelector(selector)} finds no cluster`,
    why: whyNone(subscriptions),
    fix: fix`correct cluster-selector, or tag the clusters (az tag update --operation Merge --resource-id CLUSTER_ID --tags NAME=VALUE). If they have the tags, let the identity read them: az role assignment create --assignee ${clientId} --role Reader --scope /subscriptions/SUBSCRIPTION_ID`,
  });
}

/** How many subscriptions the error names. */
const NAMED = 5;

function whyNone(subscriptions: readonly string[] | undefined): string {
  if (subscriptions?.length === 0) return 'The deploying identity has no role in any subscription';
  const seen = subscriptions
    ? `The deploying identity sees ${subscriptions.length} subscription(s) (${few(subscriptions, NAMED)})`
    : 'The deploying identity may not list its subscriptions';
  return `${seen}, and no AKS cluster that it may read there has these tags; names and values must match exactly`;
}

async function readPages(arm: Arm, query: string): Promise<Found> {
  let isPartial = false;
  // https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
  const onHeaders = (headers: Readonly<Record<string, string>>) => {
    isPartial ||= headers['x-ms-tenant-subscription-limit-hit'] === 'true';
  };
  const pages = await pagesOf((token) => readPage(arm, { query, token, onHeaders }), nextToken).catch(
    (error: unknown) => {
      throw error instanceof ActionError ? error : unusable(`It has no end: ${messageOf(error)}`);
    },
  );
  return { clusters: pages.flatMap((page) => listAt(page, 'data').map(clusterIn)), isPartial };
}

interface PageOf extends Pick<ResourceRequest, 'onHeaders'> {
  readonly query: string;
  readonly token: string | undefined;
}

function readPage(arm: Arm, { query, token, ...told }: PageOf): Promise<JsonRecord> {
  const options = { resultFormat: 'objectArray', $top: PAGE, ...(token === undefined ? {} : { $skipToken: token }) };
  const request = {
    ...told,
    provider: 'Microsoft.ResourceGraph',
    path: path`/providers/Microsoft.ResourceGraph/resources`,
    doing: 'Searching for clusters by their tags',
    scope: '/subscriptions/SUBSCRIPTION_ID',
    role: 'Reader',
  } as const;
  return arm.send('POST', request, { query, options });
}

/** If a page is cut off without a link to the next one, clusters would silently be missing. */
function nextToken(page: JsonRecord): string | undefined {
  const token = stringAt(page, '$skipToken') ?? '';
  if (token !== '') return token;
  if (stringAt(page, 'resultTruncated') !== 'true') return undefined;
  throw unusable('The answer is cut off and does not name its next page');
}

function clusterIn(entry: unknown): ClusterName {
  const id = stringAt(entry, 'id') ?? '';
  const [subscriptionId, resourceGroup, clusterName] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)$/i
      .exec(id)
      ?.slice(1) ?? [];
  if (!subscriptionId || !resourceGroup || !clusterName) throw unusable(`It lists ${JSON.stringify(id)} as a cluster`);
  return { subscriptionId, resourceGroup, clusterName };
}

function unusable(why: string): ActionError {
  return new ActionError({
    id: 'request-failed',
    what: 'Azure Resource Graph gave an unusable answer',
    why,
    fix: fix`run the job again. If it fails again, check https://status.azure.com, or list the clusters in the input clusters.`,
  });
}

import { secretsUrl } from '../../azure/vault-client.ts';
import { networkCause } from '../../http/network-cause.ts';
import { ActionError } from '../../lib/errors.ts';
import { type Check, NotChecked } from './check.ts';
import type { Evidence } from './evidence.ts';

/** Whether and how each host answers, whoever asks: so a network is told from a missing permission. */
export function networkChecks(evidence: Evidence): readonly Check[] {
  const { cloud, inputs, tenantId } = evidence.context;
  const chart = inputs.delivery === 'vault' ? undefined : chartHost(inputs.chart);
  return [
    reach(evidence, 'sign-in', `${cloud.authority}/${tenantId}/v2.0/.well-known/openid-configuration`),
    reach(evidence, 'Microsoft Graph', `${cloud.graph}/v1.0/`),
    reach(evidence, 'Azure Resource Manager', `${cloud.resourceManager}/subscriptions?api-version=2022-12-01`),
    vaultCheck(evidence),
    ...(chart === undefined ? [] : [reach(evidence, 'the chart', chart)]),
  ];
}

const titleOf = (what: string) => `Way to ${what}`;

const reach = (evidence: Evidence, what: string, url: string): Check => ({
  title: titleOf(what),
  run: () => ask(evidence, url),
});

function vaultCheck(evidence: Evidence): Check {
  const { cloud, inputs, vault } = evidence.context;
  return {
    title: titleOf('the key vault'),
    run: async () => {
      // A vault has no host before it is created.
      const isNew = inputs.creation.createVault && (await evidence.vaultExists.catch(() => true)) === false;
      if (isNew) throw new NotChecked('there is no vault yet');
      return ask(evidence, secretsUrl(cloud, vault.vaultName));
    },
  };
}

async function ask({ context: { transport } }: Evidence, address: string): Promise<string> {
  const url = new URL(address);
  const { host } = url;
  try {
    await transport.outside(url);
    return `${host} answers, reached ${transport.wayTo(address)}`;
  } catch (error) {
    const { what, fix } = networkCause(error, host);
    throw new ActionError(
      { id: 'host-unreachable', what: `${host} cannot be reached ${transport.wayTo(address)}`, why: what, fix },
      { cause: error },
    );
  }
}

function chartHost(chart: Evidence['context']['inputs']['chart']): string | undefined {
  if (chart.kind === 'path') return undefined;
  return chart.kind === 'oci'
    ? `${new URL(chart.url.replace(/^oci:/, 'https:')).origin}/v2/`
    : `${chart.url.replace(/\/$/, '')}/index.yaml`;
}

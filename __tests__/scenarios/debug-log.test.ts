import { describe, expect, it } from 'vitest';
import { asRead } from '../../emulator/runner/summary.ts';
import { expectRefusal } from './refusal.ts';
import { createDeployed, createScenario, registration, withEntra } from './scenario.ts';
import { shared } from './shared.ts';

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const requestLines = (output: string) =>
  output.split('\n').filter((line) => /^::debug::(GET|PUT|POST|PATCH|DELETE|HEAD) /.test(line));

describe('the debug log', () => {
  const deployed = shared((atEnd) => createDeployed({}, atEnd));

  it('has one line for each request: method, host, path, status, time and ids, without query', async () => {
    const scenario = deployed();
    scenario.emulator.requests.clear();
    const { output } = await scenario.run({}, { RUNNER_DEBUG: '1' });
    const lines = requestLines(output);
    expect(lines).toHaveLength(scenario.emulator.requests.all().filter(({ from }) => from === 'client').length);
    for (const line of lines)
      expect(line).toMatch(/^::debug::[A-Z]+ [\w.-]+ \/\S* \d{3}( \(asks for a token\))? \d+ ms/);
    expect(lines.filter((line) => line.includes('?'))).toEqual([]);
    const line = (host: string) => lines.find((candidate) => candidate.includes(` ${host} `));
    expect(line('management.azure.com')).toMatch(new RegExp(`, request-id ${UUID}, correlation-id ${UUID}$`));
    expect(line('graph.microsoft.com')).toMatch(new RegExp(`, request-id ${UUID}, correlation-id ${UUID}$`));
    expect(line('login.microsoftonline.com')).toContain('/oauth2/v2.0/token 200 ');
  });

  it('has no such line unless the job asks for it', async () => {
    expect(requestLines((await deployed().run()).output)).toEqual([]);
  });

  it('has the requests that got no answer, and each attempt', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.hostname === 'graph.microsoft.com',
      times: 1,
      fault: { kind: 'reset' },
    });
    const result = await scenario.run({ mode: 'plan' }, { RUNNER_DEBUG: '1' });
    expect(result.error).toBe('');
    expect(
      requestLines(result.output).filter((line) => / graph\.microsoft\.com \S+ ECONNRESET \d+ ms$/.test(line)),
    ).toHaveLength(1);
  });
});

describe('the summary of a failed run', () => {
  it('has the requests that were refused last, with the ids that support asks for', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.assignments.revoke(
      scenario.deployer.principal.id,
      'Azure Kubernetes Service Cluster User Role',
    );
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Headlamp AKS Entra deployer');
    scenario.emulator.arm.assignments.revoke(
      scenario.deployer.principal.id,
      'Azure Kubernetes Service Cluster Admin Role',
    );
    const result = await scenario.run();
    const line = `(GET|POST) management.azure.com /subscriptions/\\S+ 403 \\d+ ms, request-id ${UUID}, correlation-id ${UUID}`;
    expect(result.summary).toContain('Requests that were refused last');
    expect(asRead(result.summary)).toMatch(new RegExp(`- ${line}`));
    expect(result.output).toMatch(new RegExp(`Refused: ${line}`));
  });
});

describe('an unexpected error', () => {
  it('ends the run with what to report, and leaves no orphaned secret', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/addPassword'),
      fault: { kind: 'status', status: 200, body: {} },
    });
    expectRefusal(await scenario.run(), 'unexpected', 'without a secret', 'ACTIONS_STEP_DEBUG');
    expect(registration(scenario).passwordCredentials).toEqual([]);
  });
});

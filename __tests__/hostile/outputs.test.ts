import { describe, it } from 'vitest';
import { createDeployed } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';
import { forgeChart } from './helm-record.ts';

describe('the output headlamp-version', () => {
  it.for(['0.40.1\n::set-env name=LD_PRELOAD::/tmp/x', '0.40.1\r::stop-commands::x', '$(touch PWNED)', 'latest'])(
    'is a version or empty if a Helm record says %j',
    async (appVersion) => {
      const scenario = await createDeployed();
      forgeChart(scenario, { appVersion });
      await expectHarmless(scenario, await scenario.run({ mode: 'rotate' }));
      await expectHarmless(scenario, await scenario.run());
    },
  );
});

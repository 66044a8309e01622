import { describe, expect, it } from 'vitest';
import { createFromNothing } from './from-nothing.ts';

describe('an empty subscription', () => {
  it('gets all', async () => {
    const scenario = await createFromNothing();
    const result = await scenario.run();
    console.log(result.output);
    console.log(result.summary);
    console.log(scenario.box.requests.all().map((r) => `${r.method} ${r.host} ${r.path.slice(0, 140)} ${r.status}`).join('\n'));
    expect(result.error).toBe('');
    const again = await scenario.run();
    console.log(again.output);
  });
});

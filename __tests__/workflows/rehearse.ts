import { green, heading, red } from '../../emulator/demo/screen.ts';
import { buildFleetWorld } from '../../emulator/worlds/fleet.ts';
import { createCallerRepository } from './caller-repository.ts';
import { CLUSTERS_LINE, caller, POST_LINE, type Reach } from './release-callers.ts';
import { createOrigin, type Origin, OWNER } from './release-origin.ts';
import { tool } from './tools.ts';

/**
 * Rehearses two releases: main, tag and the workflow release.yml in a bare repository, then what workflows of another
 * repository run at the major version's tag and at pinned commits. git, npm, act, the build and the action are real;
 * actions of other repositories and the GitHub CLI are stand-ins, and the checks are left out, as they run this
 * rehearsal, or need other machines.
 */
async function rehearse(): Promise<boolean> {
  tool('act');
  const origin = createOrigin();
  let failed = 0;
  const expect = (title: string, holds: boolean) => {
    console.log(`  ${holds ? green('✓') : red('✗')} ${title}`);
    if (!holds) failed += 1;
  };
  try {
    heading('Refused: the placeholder as owner');
    origin.step('prepare', '1.0.0');
    origin.land('Prepare 1.0.0');
    expect('no tag is made', origin.refused('tag').includes('The owner is still "org"'));

    heading('Release 1.0.0');
    origin.step('owner', OWNER);
    origin.land('The owner');
    const first = await release(origin, expect, '1.0.0');
    expect('it warns that the release can still be changed', first.log.includes('v1.0.0 can still be changed'));

    heading('Release 1.0.1, with a change and with immutable releases');
    origin.makeReleasesImmutable();
    origin.change('src/action/fleet.ts', CLUSTERS_LINE, `${CLUSTERS_LINE} (1.0.1)`);
    origin.change('src/action/post.ts', POST_LINE, `${POST_LINE} (1.0.1)`);
    origin.build();
    origin.change('CHANGELOG.md', '## Unreleased\n', '## Unreleased\n\nTexts of the log.\n');
    origin.land('Texts of the log');
    origin.step('prepare', '1.0.1');
    origin.land('Prepare 1.0.1');
    const second = await release(origin, expect, '1.0.1');
    expect('it can no longer be changed', second.log.includes('v1.0.1 is released, and can no longer be changed'));
    expect('the branch of releases has moved forward', origin.isAncestor(first.released, 'releases/v1'));
    const again = (await origin.runRelease('v1.0.0')).log;
    expect('run again on an old tag, it releases nothing', again.includes('v1.0.0 is released already'));
    expect('and does not move v1 back', again.includes('v1 stays'));

    heading('What callers run');
    await callers(origin, expect, [
      { ref: 'v1', version: '1.0.1', source: second.source },
      { ref: second.released, version: '1.0.1', source: second.source },
      { ref: first.released, version: '1.0.0', source: first.source },
    ]);

    heading('Refused: tags that `release tag` did not make');
    origin.tagByHand('v1.0.2');
    expect(
      'of a commit of main',
      (await origin.runRelease('v1.0.2')).log.includes('✗ package.json has the version 1.0.2'),
    );
  } finally {
    origin.remove();
  }
  console.log(failed === 0 ? '\nEverything as expected' : `\n${failed} not as expected`);
  return failed === 0;
}

type Expect = (title: string, holds: boolean) => void;

async function release(origin: Origin, expect: Expect, version: string) {
  const tag = `v${version}`;
  const source = origin.commit('main');
  origin.step('tag');
  const released = origin.pushTag(tag);
  console.log(`  main ${source}\n  ${tag} ${released}`);
  const run = await origin.runRelease(tag);
  for (const line of run.log.split('\n').filter((text) => text.startsWith('✓ ')))
    console.log(`    release.yml: ${line}`);
  const jobs = Object.entries(run.jobs).map(([job, results]) => `${job} ${results.join()}`);
  expect(`release.yml succeeds: ${jobs.join(', ')}`, run.exitCode === 0);
  if (run.exitCode !== 0) console.log(run.log.slice(-6000));
  const checked = ['checks', 'e2e', 'platforms'].every((what) => run.log.includes(`✓ ${what} at ${source}`));
  expect('all checks ran on the commit of main', checked);
  for (const line of origin.takeRecords()) console.log(`    ${line}`);
  expect(`v1 is at ${tag}`, origin.commit('v1') === released);
  expect('its dist is that of main', origin.sameTree(`${source}:dist`, `${released}:dist`));
  return { source, released, log: run.log };
}

/** Runs a step with the action and a call of deploy.yml at each reference. act would fetch any other from GitHub, and fail. */
async function callers(origin: Origin, expect: Expect, reaches: readonly Reach[]): Promise<void> {
  const world = await buildFleetWorld();
  try {
    for (const reach of reaches) {
      const published = { [reach.ref]: origin.checkout(reach.ref), [reach.source]: origin.checkout(reach.source) };
      const repository = createCallerRepository(world, { owner: OWNER, published });
      world.setEvent('workflow_dispatch');
      const run = await repository.run(caller(OWNER, reach.ref), 'workflow_dispatch');
      repository.remove();
      const lines = run.log.split('\n');
      const said = (text: string) =>
        lines.some((line) => line.startsWith(text) && line.includes('(1.0.1)') === (reach.version === '1.0.1'));
      const title = `at ${reach.ref}: `;
      expect(`${title}the workflow succeeds`, run.exitCode === 0);
      if (run.exitCode !== 0) console.log(run.log.slice(-4000));
      expect(`${title}the step runs ${reach.version}`, said(POST_LINE));
      expect(`${title}deploy.yml runs the fleet of ${reach.version}, by commit ${reach.source}`, said(CLUSTERS_LINE));
    }
  } finally {
    await world.emulator.close();
  }
}

process.exitCode = (await rehearse()) ? 0 : 1;

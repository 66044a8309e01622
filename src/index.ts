import { createStepOutput } from './lib/step-output.ts';

/** Main and post step are the same file: the runner hands the state of the main step to the post step only. */
const isPost = process.env['STATE_isPost'] === 'true';

/** fleet/action.yml runs this file, too, and has an input that action.yml has not. */
const isFleet = ['clusters', 'run', 'report'].includes(process.env['INPUT_STEP'] ?? '');

const output = createStepOutput();

// A sign of life before the SDKs are loaded, which takes longer than Node.js itself.
if (!isPost) output.print('Headlamp on AKS with Entra ID sign-in');

// Libraries would print what servers say past the one writer.
for (const variable of ['AZURE_LOG_LEVEL', 'DEBUG']) delete process.env[variable];

// Eager: bundled into the same file, but evaluated only now. A package imports the stand-in where no run gets to.
void import(/* webpackMode: "eager" */ './lib/stand-in.ts');
const step = isPost
  ? await import(/* webpackMode: "eager" */ './action/post.ts')
  : isFleet
    ? await import(/* webpackMode: "eager" */ './action/fleet.ts')
    : await import(/* webpackMode: "eager" */ './action/main.ts');
await step.start(process.env, output);

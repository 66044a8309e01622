import { createPlainStdout, createStdout, hasRunner } from './lib/stdout.ts';

/** Main and post step are the same file. Only the post step gets the main step's state from the runner. */
const isPost = process.env['STATE_isPost'] === 'true';

/** fleet/action.yml runs this file, too, with the input `step`, which action.yml lacks. */
const isFleet = ['clusters', 'run', 'report'].includes(process.env['INPUT_STEP'] ?? '');

const output = hasRunner(process.env) ? createStdout() : createPlainStdout(process.env['RUNNER_DEBUG'] === '1');

// A sign of life before the SDKs are loaded, which takes longer than to start Node.js.
if (!isPost) output.print('Headlamp on AKS with Entra ID sign-in');

// Keeps libraries from printing server text, as only lib/stdout.ts may write, and from signing in at other hosts; and
// Node.js from trusting any certificate, which some jobs have it do for another step.
for (const variable of [
  ...['AZURE_LOG_LEVEL', 'DEBUG', 'AZURE_AUTHORITY_HOST', 'AZURE_REGIONAL_AUTHORITY_NAME', 'MSAL_FORCE_REGION'],
  'NODE_TLS_REJECT_UNAUTHORIZED',
])
  delete process.env[variable];

// Eager: bundled into the same file, but evaluated only now. A package imports the stand-in in code that no run
// reaches.
void import(/* webpackMode: "eager" */ './lib/stand-in.ts');
const step = isPost
  ? await import(/* webpackMode: "eager" */ './action/post.ts')
  : isFleet
    ? await import(/* webpackMode: "eager" */ './action/fleet.ts')
    : await import(/* webpackMode: "eager" */ './action/main.ts');
await step.start(process.env, output);

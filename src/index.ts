/** Main and post step are the same file: the runner hands the state of the main step to the post step only. */
const isPost = process.env['STATE_isPost'] === 'true';

// A sign of life before the SDKs are loaded, which takes longer than Node.js itself.
if (!isPost) console.log('Headlamp on AKS with Entra ID sign-in');

// Eager: in the same file, yet run only now.
const step = isPost
  ? await import(/* webpackMode: "eager" */ './action/post.ts')
  : await import(/* webpackMode: "eager" */ './action/main.ts');
await step.start(process.env);

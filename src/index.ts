/** The main and the post step run this same file. Only the post step gets the state that the main step saved. */
const isPost = process.env['STATE_isPost'] === 'true';

// First line of output before the SDKs load, which takes longer than Node.js to start.
if (!isPost) console.log('Headlamp on AKS with Entra ID sign-in');

// Eager: bundled into the same file, but evaluated only now.
const step = isPost
  ? await import(/* webpackMode: "eager" */ './action/post.ts')
  : await import(/* webpackMode: "eager" */ './action/main.ts');
await step.start(process.env);

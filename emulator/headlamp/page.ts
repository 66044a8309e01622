import type { Answer } from '../server/exchange.ts';

/** A stand-in for Headlamp's pages: a link to sign in, and what the API server shows the person who has signed in. */
export function page(context: string, base: string): Answer {
  const cluster = `${base}/clusters/${context}`;
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html>
<html lang="en">
<title>Headlamp</title>
<meta name="viewport" content="width=device-width">
<style>
  body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #f6f8fa; }
  header { padding: 14px 28px; background: #0b3d66; color: #fff; font-weight: 600; }
  main { max-width: 760px; margin: 28px auto; padding: 0 28px; }
  table { width: 100%; border-collapse: collapse; background: #fff; }
  th, td { text-align: left; padding: 8px 12px; border-bottom: 1px solid #d1d9e0; }
  a { color: #0b5cad; }
</style>
<header>Headlamp · cluster ${context}</header>
<main>
  <p id="person"><a href="${base}/oidc?cluster=${context}">Sign in</a></p>
  <h2>Namespaces</h2>
  <p id="answer"></p>
  <table id="namespaces" hidden><thead><tr><th>Name<th>Status<th>Created</tr></thead><tbody></tbody></table>
</main>
<script type="module">
  const ask = async (path, init) => {
    const response = await fetch('${cluster}' + path, init);
    return { status: response.status, body: await response.json().catch(() => ({})) };
  };
  const show = (id, text) => { document.getElementById(id).textContent = text; };
  const who = await ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
  });
  if (who.status === 201) show('person', 'Signed in: the API server knows this person as ' + who.body.status.userInfo.username);
  // The emulated API server does not say who somebody is.
  if (who.status === 404) show('person', 'Signed in');
  const { status, body } = await ask('/api/v1/namespaces');
  show('answer', status === 200 ? '' : status + ' ' + (body.message ?? ''));
  const rows = document.querySelector('#namespaces tbody');
  for (const { metadata, status } of body.items ?? []) {
    const row = rows.insertRow();
    for (const text of [metadata.name, status.phase, metadata.creationTimestamp]) row.insertCell().textContent = text;
  }
  document.getElementById('namespaces').hidden = status !== 200;
  document.body.dataset.state = status;
</script>
</html>
`,
  };
}

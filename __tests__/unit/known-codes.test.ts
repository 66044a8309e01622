import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARM_CODES, ARM_WORDS } from '../../src/azure/arm-codes.ts';
import { VAULT_CODES } from '../../src/azure/vault-codes.ts';
import { COMMAND_CODES, COMMAND_WORDS } from '../../src/connection/command/causes.ts';
import { DENIED, GRAPH_CAUSES } from '../../src/entra/graph-error.ts';
import { MISMATCHES, SIGN_IN_CAUSES } from '../../src/entra/sign-in-causes.ts';
import { HELM_WORDS } from '../../src/helm/causes.ts';
import { KUBERNETES_WORDS } from '../../src/kubernetes/causes.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'known-codes.md');

const code = (value: string | RegExp) =>
  `\`${(typeof value === 'string' ? value : value.source).replaceAll('|', '\\|')}\``;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Codes by what they mean, in the order of the data. */
function byMeaning(codes: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  const meanings = [...new Set(Object.values(codes))];
  return meanings.map((meaning) => [
    meaning,
    Object.keys(codes)
      .filter((one) => codes[one] === meaning)
      .map(code)
      .join(', '),
  ]);
}

const page = `# Codes that the action knows

The action recognizes the cause of a refusal by these codes and words of the services. A code that is not here ends the run
with the server's own code and words, and no guess. \`__tests__/unit/known-codes.test.ts\` makes this page from the code.

## Resource Manager and AKS

${table(['About', 'Codes'], byMeaning(ARM_CODES))}

Codes that stand for several things, by their words:

${table(
  ['Code', 'Words', 'About'],
  ARM_WORDS.map(([one, words, meaning]) => [code(one), code(words), meaning]),
)}

## Key Vault

${table(['About', 'Inner codes'], byMeaning(VAULT_CODES))}

## Entra

[sign-in-failed](troubleshooting.md#sign-in-failed) explains each number.

${table(
  ['AADSTS', 'Error'],
  [
    [[...MISMATCHES].join(', '), 'federated-credential-missing'],
    ...SIGN_IN_CAUSES.map(({ numbers, id }) => [numbers.join(', '), id ?? 'sign-in-failed']),
  ],
)}

## Microsoft Graph

${table(
  ['Code or words', 'Error'],
  [[code(DENIED), 'graph-permission-missing'], ...GRAPH_CAUSES.map(({ says, id }) => [code(says), id])],
)}

## Kubernetes

${table(
  ['Words', 'About'],
  KUBERNETES_WORDS.map(([words, meaning]) => [code(words), meaning]),
)}

## AKS run-command

Codes ${code(COMMAND_CODES)}, by the words of Kubernetes above, or by these:

${table(
  ['Words', 'About'],
  COMMAND_WORDS.map(([words, cause]) => [code(words), cause]),
)}

## Helm

By the words of Kubernetes above, or by these:

${HELM_WORDS.map(([words]) => `- ${code(words)}`).join('\n')}
`;

describe('docs/known-codes.md', () => {
  it('lists the codes that the action knows; `npx vitest --project unit known-codes -u` writes it anew', async () => {
    await expect(page).toMatchFileSnapshot(PAGE);
  });
});

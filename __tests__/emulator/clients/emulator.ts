import { afterEach, beforeEach, expect } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/emulator.ts';

/** Starts an emulator for each test, and checks after it that no service crashed. */
export function withEmulator(use: (emulator: Emulator) => void): void {
  let emulator: Emulator | undefined;
  beforeEach(async () => {
    emulator = await startEmulator();
    use(emulator);
  });
  afterEach(async () => {
    expect(emulator?.crashes).toEqual([]);
    await emulator?.close();
  });
}

import type { Stdout } from '../lib/stdout.ts';

/** Keeps what is printed, to print it as a whole. */
export interface HeldOutput extends Stdout {
  /** Prints it as one group, which nothing else gets into, and forgets it. */
  release(title: string): void;
}

/** The runner cannot nest groups, so the titles of inner groups become lines. */
export function holdOutput(output: Stdout): HeldOutput {
  let held: (() => void)[] = [];
  return {
    print: (text, prefix) => {
      held.push(() => output.print(text, prefix));
    },
    command(name, data, properties) {
      if (name === 'endgroup') return;
      held.push(() => (name === 'group' ? output.print(data) : output.command(name, data, properties)));
    },
    release(title) {
      output.command('group', title);
      for (const print of held) print();
      output.command('endgroup', '');
      held = [];
    },
  };
}

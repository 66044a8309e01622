import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Records when the URL does not answer. Like a browser, it tries again if a connection breaks. */
export async function watch(url: string, stop: AbortSignal, unanswered: string[]): Promise<void> {
  while (!stop.aborted) {
    const problem = (await problemOfAnswer(url)) && (await problemOfAnswer(url));
    if (problem) unanswered.push(problem);
    await sleep(100);
  }
}

function problemOfAnswer(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : String(response.statusCode));
    });
    asked.on('error', (error) => resolve(String(error)));
  });
}

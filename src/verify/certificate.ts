import type { CertificateLife } from '../http/outside.ts';
import { formatDays } from '../lib/duration.ts';

const DAY_MS = 86_400_000;
/** Renewal usually comes with a third of the lifetime left: with a sixth, it has failed for a while. */
const LAST_PART = 6;
const SOON_MS = 14 * DAY_MS;

/** What is wrong with a certificate that is still valid: it was not renewed in time. */
export function certificateDoubt(certificate: CertificateLife | undefined, now: Date): string | undefined {
  if (!certificate) return undefined;
  const { startsOn, endsOn } = certificate;
  const left = endsOn.getTime() - now.getTime();
  const life = endsOn.getTime() - startsOn.getTime();
  if (left > Math.min(SOON_MS, life / LAST_PART)) return undefined;
  const days = Math.max(0, Math.floor(left / DAY_MS));
  return `its certificate expires in ${formatDays(days)}, on ${endsOn.toISOString().slice(0, 10)}`;
}

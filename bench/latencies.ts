/**
 * What stands in for the network and for Azure's own time, in milliseconds a request. Assumed for a runner in the region
 * of the cluster, the same for the script and for the action: neither gains by a number here but by asking less often
 * and side by side. What az, helm and the action take themselves is real.
 */
export const LATENCIES: Readonly<Record<string, number>> = {
  github: 100,
  entra: 150,
  graph: 200,
  arm: 250,
  keyvault: 80,
  kubernetes: 40,
  charts: 60,
};

/** How long Entra takes until a new object, or a new secret, is known everywhere: seconds, at times a minute. The
 * action notices when it is; a script has to sleep for longer than it takes. */
export const REPLICATION_MS = 5_000;
export const SCRIPT_SLEEPS_SECONDS = 10;

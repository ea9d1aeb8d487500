// Asks the server for its status once a second; one question at a time, each with a time limit.
const PERIOD_MILLIS = 1000;
const LIMIT_MILLIS = 4000;

export function watchStatus(listener) {
  const ask = async () => {
    const started = performance.now();
    try {
      const response = await fetch("/console/status", {
        cache: "no-store",
        signal: AbortSignal.timeout(LIMIT_MILLIS),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      listener.arrived(await response.json(), Date.now() / 1000);
    } catch (failure) {
      console.debug("No status:", failure);
      listener.failed(Date.now() / 1000);
    }
    setTimeout(ask, Math.max(100, PERIOD_MILLIS - (performance.now() - started)));
  };
  ask();
}

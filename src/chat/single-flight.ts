// One piece of work for all who want the same thing at the same time.

export interface SingleFlight<T> {
  /**
   * Joins the work that is under way for `key`, or starts it. Rejects with its error, or with the reason of `signal`, which ends the
   * work only when nobody else waits for it.
   */
  run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { result: work(controller.signal), controller, waiters: 0 };
    flights.set(key, flight);
    const leave = (): void => void (flights.get(key) === flight && flights.delete(key));
    controller.signal.addEventListener("abort", leave, { once: true });
    flight.result.then(leave, leave);
    return flight;
  }

  return {
    async run(key, signal, work) {
      signal.throwIfAborted();
      const flight = flights.get(key) ?? start(key, work);
      flight.waiters += 1;
      const { promise: left, reject } = Promise.withResolvers<never>();
      const leave = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", leave, { once: true });
      try {
        return await Promise.race([flight.result, left]);
      } finally {
        signal.removeEventListener("abort", leave);
        flight.waiters -= 1;
        // Work that is done is no longer in the map.
        if (flight.waiters === 0 && flights.get(key) === flight) flight.controller.abort(signal.reason);
      }
    },
  };
}

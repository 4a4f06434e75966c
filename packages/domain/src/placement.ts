/** A container as placement sees it. */
export type Candidate = {
  readonly id: string;
  readonly label: string;
  readonly region: string;
  readonly state: 'online' | 'draining' | 'offline';
  readonly capacity: number;
  /** Seats taken. */
  readonly seats: number;
  /** Tenant numbers that can be given out: neither taken nor in quarantine. */
  readonly freeNumbers: number;
  /** Whether repeated refusals of the platform have closed it for new customers for a while. */
  readonly breakerOpen: boolean;
};

export type Choice =
  | { readonly container: Candidate; readonly headRoom: number; readonly reason: string }
  | { readonly container: null; readonly reason: string };

/** How many more customers fit into a container, its state aside. */
export function headRoom(container: Pick<Candidate, 'capacity' | 'seats' | 'freeNumbers'>): number {
  return Math.max(0, Math.min(container.capacity - container.seats, container.freeNumbers));
}

/**
 * Chooses a container: online, its breaker closed, in the region if one is asked for, with the most head-room,
 * then the lowest id. The reason explains the choice, or what stands in the way of each container.
 */
export function chooseContainer(containers: readonly Candidate[], region: string | null): Choice {
  const inRegion = region === null ? containers : containers.filter((container) => container.region === region);
  const fitting = inRegion.filter((container) => obstacle(container) === null);
  const best = fitting.toSorted((a, b) => headRoom(b) - headRoom(a) || a.id.localeCompare(b.id))[0];
  const where = region === null ? 'in any region' : `in region ${region}`;
  if (best === undefined) return { container: null, reason: explainNone(inRegion, where) };
  const reason = `most head-room ${where}: ${headRoom(best)} of ${best.capacity} seats free, ${fitting.length} of ${inRegion.length} containers fit`;
  return { container: best, headRoom: headRoom(best), reason };
}

function obstacle(container: Candidate): string | null {
  if (container.state !== 'online') return container.state;
  if (container.breakerOpen) return 'breaker open';
  if (container.seats >= container.capacity) return 'full';
  if (container.freeNumbers <= 0) return 'every number taken or in quarantine';
  return null;
}

function explainNone(containers: readonly Candidate[], where: string): string {
  if (containers.length === 0) return `there is no container ${where}`;
  const counts = new Map<string, number>();
  for (const container of containers) {
    const why = obstacle(container) ?? 'fits';
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const parts = [...counts].map(([why, count]) => `${count} ${why}`);
  return `no container ${where} has head-room: ${parts.join(', ')}`;
}

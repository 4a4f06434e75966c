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
  let best: Candidate | null = null;
  let fitting = 0;
  for (const container of containers) {
    if ((region !== null && container.region !== region) || obstacle(container) !== null) continue;
    fitting += 1;
    if (best === null || isBetter(container, best)) best = container;
  }
  if (best === null) return { container: null, reason: explainNone(containers, region) };
  const reason = `most head-room ${where(region)}: ${headRoom(best)} of ${best.capacity} seats free, ${fitting} with room`;
  return { container: best, headRoom: headRoom(best), reason };
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const more = headRoom(one) - headRoom(other);
  return more > 0 || (more === 0 && one.id < other.id);
}

function where(region: string | null): string {
  return region === null ? 'in any region' : `in region ${region}`;
}

function obstacle(container: Candidate): string | null {
  if (container.state !== 'online') return container.state;
  if (container.breakerOpen) return 'breaker open';
  if (container.seats >= container.capacity) return 'full';
  if (container.freeNumbers <= 0) return 'every number taken or in quarantine';
  return null;
}

/** What stands in the way of each container, when a customer fits into none. */
export function explainNone(all: readonly Candidate[], region: string | null): string {
  const containers = region === null ? all : all.filter((container) => container.region === region);
  if (containers.length === 0) return `there is no container ${where(region)}`;
  const counts = new Map<string, number>();
  for (const container of containers) {
    const why = obstacle(container) ?? 'fits';
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const parts = [...counts].map(([why, count]) => `${count} ${why}`);
  return `no container ${where(region)} has head-room: ${parts.join(', ')}`;
}

import type { Counter, Evidence, Offence } from './evidence.ts';

/** Seats without tenants, tenants without seats, containers over capacity, numbers given out twice, places not given back. */
export const findLeaked: Counter = (evidence) => [
  ...unmatched(evidence),
  ...homeless(evidence),
  ...overfull(evidence),
  ...reused(evidence),
  ...heldPlaces(evidence),
];

type Placed = { readonly container_id: string; readonly number: string };
const placeOf = ({ container_id, number }: Placed) => `${container_id}/${number}`;

function unmatched({ seats, tenants }: Evidence): Offence[] {
  const lives = new Map(tenants.map((tenant) => [placeOf(tenant), tenant.customer_id]));
  const taken = new Map(seats.flatMap((seat) => (seat.customer_id ? [[placeOf(seat), seat.customer_id]] : [])));
  const empty = seats.filter((seat) => seat.state === 'taken' && lives.get(placeOf(seat)) !== seat.customer_id);
  const squatting = tenants.filter((tenant) => taken.get(placeOf(tenant)) !== tenant.customer_id);
  return [
    ...empty.map((seat) => offence(`seat ${placeOf(seat)} has no tenant`, seat.customer_id)),
    ...squatting.map((tenant) => offence(`tenant ${placeOf(tenant)} has no seat`, tenant.customer_id)),
  ];
}

/** A customer in service has a seat, and a seat that is not stranded belongs to one. */
function homeless({ customers, seats }: Evidence): Offence[] {
  const states = new Map(seats.flatMap((seat) => (seat.customer_id ? [[seat.customer_id, seat.state]] : [])));
  return customers.flatMap(({ id, service_status: status }) => {
    const seat = states.get(id);
    const served = status === 'active' || status === 'suspended';
    if (served && seat === undefined) return [offence(`a customer that is ${status} has no seat`, id)];
    return !served && seat === 'taken' ? [offence(`a customer that is ${status} keeps a seat`, id)] : [];
  });
}

function overfull({ containers, seats }: Evidence): Offence[] {
  return containers.flatMap(({ id, capacity, seats: counted, quarantined }) => {
    const own = seats.filter((seat) => seat.container_id === id);
    const taken = own.filter((seat) => seat.customer_id !== null).length;
    const wrong: string[] = [];
    if (taken > capacity) wrong.push(`container ${id} has ${taken} seats taken of ${capacity}`);
    if (taken !== counted) wrong.push(`container ${id} counts ${counted} seats and has ${taken}`);
    const resting = own.length - taken;
    if (resting !== quarantined) wrong.push(`container ${id} counts ${quarantined} resting numbers and has ${resting}`);
    return wrong.map((what) => ({ what }));
  });
}

/** Numbers rest for weeks, so within a run none may have a second tenant. */
function reused({ effects }: Evidence): Offence[] {
  const owner = new Map<string, string>();
  return effects.flatMap((effect) => {
    if (effect.effect !== 'created') return [];
    const place = placeOf(effect);
    const first = owner.get(place) ?? effect.customer_id;
    owner.set(place, first);
    return first === effect.customer_id ? [] : [offence(`number ${place} was ${first}'s before`, effect.customer_id)];
  });
}

function heldPlaces({ windows }: Evidence): Offence[] {
  return windows
    .filter(({ outstanding, rung }) => outstanding !== rung)
    .map(({ client_id, queue, outstanding, rung }) => ({
      what: `the window of ${client_id} in ${queue} counts ${outstanding} bells and has ${rung}`,
    }));
}

function offence(what: string, customerId: string | null): Offence {
  return customerId === null ? { what } : { what, customerId };
}

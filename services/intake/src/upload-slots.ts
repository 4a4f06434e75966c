import { Refusal } from './refusal.ts';

const MOST_OF_A_CLIENT = 4;

/** The uploads under way here: so many at once of one client. */
export type UploadSlots = { use<T>(clientId: string, upload: () => Promise<T>): Promise<T> };

/** Counts uploads by client. A further one throws `too-many-uploads`. */
export function createUploadSlots(): UploadSlots {
  const taken = new Map<string, number>();
  return {
    async use(clientId, upload) {
      const before = taken.get(clientId) ?? 0;
      if (before >= MOST_OF_A_CLIENT) {
        const message = `${before} uploads of this client are under way here.`;
        throw new Refusal('too-many-uploads', message, { headers: { 'Retry-After': '10' } });
      }
      taken.set(clientId, before + 1);
      try {
        return await upload();
      } finally {
        const now = (taken.get(clientId) ?? 1) - 1;
        if (now === 0) taken.delete(clientId);
        else taken.set(clientId, now);
      }
    },
  };
}

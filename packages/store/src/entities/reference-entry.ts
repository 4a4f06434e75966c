import { defineEntity, p } from '@mikro-orm/postgresql';
import type { ReferenceList } from '@qvara/contracts/reference';

export const ReferenceEntry = defineEntity({
  name: 'ReferenceEntry',
  tableName: 'reference_entries',
  properties: {
    list: p.text().$type<ReferenceList>().primary(),
    code: p.text().primary(),
    position: p.integer(),
    entry: p.json<Record<string, unknown>>(),
  },
});

/** A row as a query answers it: every column is there, null where it is empty. */
export type Row<Entity> = { [K in keyof Entity as K extends string ? K : never]-?: Exclude<Entity[K], undefined> };

import { Type } from '@mikro-orm/postgresql';

/** A point in time: `timestamptz` in the ledger, RFC 3339 in UTC with milliseconds everywhere else. */
export class Timestamp extends Type<string, string> {
  override convertToDatabaseValue(value: string): string {
    return value;
  }

  override convertToJSValue(value: string | Date): string {
    return value === null ? value : rfc3339(value);
  }

  override getColumnType(): string {
    return 'timestamptz';
  }

  override compareAsType(): string {
    return 'string';
  }
}

/** What PostgreSQL prints for a `timestamptz`, or a Date, as RFC 3339. */
export function rfc3339(value: string | Date): string {
  return new Date(value).toISOString();
}

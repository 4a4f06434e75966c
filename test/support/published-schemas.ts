import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** A validator of JSON Schema that bears with nothing it does not know. */
export function strictValidator(): Ajv {
  const ajv = new Ajv({ strict: true, allErrors: true });
  formats.default(ajv);
  return ajv;
}

/** What is wrong with an event by the schema that is served for its type; null when it fits. */
export type Judge = (event: { readonly type: string }) => Promise<string | null>;

/** Judges events by the schemas that an intake serves, each read once. */
export function judgeBySchemasOf(url: string): Judge {
  const ajv = strictValidator();
  const known = new Map<string, ValidateFunction>();

  async function validatorFor(type: string): Promise<ValidateFunction> {
    const before = known.get(type);
    if (before !== undefined) return before;
    const answer = await fetch(`${url}/schemas/events/${type}.json`);
    if (answer.status !== 200) throw new Error(`no schema of ${type}: ${answer.status}`);
    const validator = ajv.getSchema(`/schemas/events/${type}.json`) ?? ajv.compile((await answer.json()) as object);
    known.set(type, validator);
    return validator;
  }

  return async (event) => {
    const validator = await validatorFor(event.type);
    return validator(event) ? null : `${JSON.stringify(event)}: ${ajv.errorsText(validator.errors)}`;
  };
}

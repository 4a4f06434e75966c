import type { CloudEvent } from '@qvara/contracts/events';
import { type Paint, paintState } from '../paint.ts';
import { shown } from '../text.ts';

const NUMBER_WIDTH = 8;
const NAME_WIDTH = 22;
const SUBJECT_WIDTH = 30;

/** An event as a line of its own. */
export function eventText({ id, time, type, subject, data }: CloudEvent, paint: Paint): string {
  const name = type.replace(/^qvara\./, '').replace(/\.v1$/, '');
  const ending = /[^.]+$/.exec(name)?.[0] ?? '';
  const { step, container, tenant } = data;
  const details = [
    shown(step),
    container === null ? '' : `${container.id}${tenant === null ? '' : `/${tenant.number}`}`,
    failureOf(data),
  ].filter((text) => text !== '');
  return [
    paint('dim', shown(id).padStart(NUMBER_WIDTH)),
    shown(time),
    painted(paint, shown(name), ending).padEnd(NAME_WIDTH + painted(paint, name, ending).length - name.length),
    shown(subject).padEnd(SUBJECT_WIDTH),
    details.join('  '),
  ]
    .join('  ')
    .trimEnd();
}

function painted(paint: Paint, name: string, ending: string): string {
  const colour = paintState(paint, ending);
  return `${name.slice(0, name.length - ending.length)}${colour}`;
}

function failureOf({ failure }: CloudEvent['data']): string {
  const { code, message } = (failure ?? {}) as { code?: unknown; message?: unknown };
  return code === undefined ? '' : `${shown(message)} [${shown(code)}]`;
}

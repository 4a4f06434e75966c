import { styleText } from 'node:util';

type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'bold' | 'dim';
/** Colours a text, where the stream it goes to shows colours and nobody has asked for none (NO_COLOR). */
export type Paint = (colour: Colour, text: string) => string;

/** Paints for a stream. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (colour, text) => styleText(colour, text, { stream });
}

const COLOURS: Readonly<Record<Exclude<Colour, 'bold' | 'dim'>, readonly string[]>> = {
  green: ['completed', 'succeeded', 'active', 'online', 'enabled', 'delivered', 'done', 'create', 'update', 'ready'],
  cyan: ['accepted', 'running', 'receiving', 'checking'],
  yellow: ['waiting', 'held', 'paused', 'draining', 'pending', 'suspended', 'undoing', 'undone', 'conflict'],
  red: ['failed', 'cancelled', 'completed-with-failures', 'offline', 'disabled', 'invalid', 'disconnected'],
};
const COLOUR_OF = new Map(
  Object.entries(COLOURS).flatMap(([colour, states]) => states.map((state) => [state, colour as Colour] as const)),
);

/** A state in the colour of its kind. */
export function paintState(paint: Paint, state: string): string {
  const colour = COLOUR_OF.get(state);
  return colour === undefined ? state : paint(colour, state);
}

/** Examples as they stand at the end of a command's help: what one types, and what it is for. */
export function examples(...list: readonly (readonly [typed: string, purpose: string])[]): string {
  return `\nExamples:\n${list.map(([typed, purpose]) => `  # ${purpose}\n  qvara ${typed}`).join('\n')}`;
}

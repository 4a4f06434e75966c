/**
 * Text that both queue backends can hold: no U+0000 and no lone surrogate (either makes a queue on PostgreSQL unable to
 * fail a job, which then runs again and again), at most `maximum` UTF-16 units.
 */
export function plainText(text: string, maximum = 1000): string {
  const clean = text.replace(/\0|\p{Surrogate}/gu, '');
  return clean.length <= maximum ? clean : clean.slice(0, maximum).replace(/\p{Surrogate}$/u, '');
}

import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { SETTINGS } from '@qvara/contracts/settings';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';
import { settingOptions, settingsFrom } from './setting-options.ts';

class Opened extends Error {}

/** The program, with streams that keep what is written, and sessions that only say that they were asked for. */
function program() {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) > 0, columns: 200 } as unknown as NodeJS.WriteStream;
  const open = () => Promise.reject(new Opened());
  return { written, program: createProgram(open, { stdout: stream, stderr: stream }) };
}

function leaves(
  command: CommandUnknownOpts,
  path: readonly string[] = [],
): { path: string; command: CommandUnknownOpts }[] {
  if (command.commands.length === 0) return [{ path: path.join(' '), command }];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

function helpOf(command: CommandUnknownOpts, written: string[]): string {
  written.length = 0;
  command.outputHelp();
  return written.join('');
}

/** The arguments of an example, as a shell would make them. */
function wordsOf(example: string): string[] {
  const [typed = ''] = example.split(/ [|>] /);
  return [...typed.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(1);
}

const { program: whole } = program();

describe.each(leaves(whole as CommandUnknownOpts).map(({ path }) => path))('the help of %s', (path) => {
  it('has examples, which can be typed as they stand', async () => {
    const { program: fresh, written } = program();
    const found = leaves(fresh as CommandUnknownOpts).find((leaf) => leaf.path === path);
    const help = helpOf(found?.command as CommandUnknownOpts, written);
    const examples = help.split('\n').flatMap((line) => /^ {2}(qvara .*)$/.exec(line)?.slice(1) ?? []);
    expect(examples.some((example) => example.startsWith(`qvara ${path}`))).toBe(true);
    for (const example of examples) {
      const { program: again } = program();
      const parsed = again.parseAsync(wordsOf(example), { from: 'user' });
      if (path === 'completion') await parsed;
      else await expect(parsed, example).rejects.toThrow(Opened);
    }
  });

  it('says what the exit status says, and takes what every command takes', () => {
    const { program: fresh, written } = program();
    const found = leaves(fresh as CommandUnknownOpts).find((leaf) => leaf.path === path);
    const help = helpOf(found?.command as CommandUnknownOpts, written);
    expect(help).toMatch(/Exit status: 0 done/);
    for (const option of ['--json', '--url', '--key-file']) expect(help).toContain(option);
  });
});

describe('settings', () => {
  const named = (path: string) =>
    leaves(whole as CommandUnknownOpts)
      .find((leaf) => leaf.path === path)
      ?.command.options.map(({ description }) => description) ?? [];

  it('each setting of the list is an option of its group and of provision', () => {
    for (const { group, label } of Object.values(SETTINGS)) {
      for (const path of [group, 'provision'])
        expect(
          named(path).some((description) => description.startsWith(label)),
          `${path}: ${label}`,
        ).toBe(true);
    }
  });

  it('what was given is posted by group and field, and nothing else', () => {
    const options = settingOptions(['retention', 'transcription'], true);
    const given = { retentionCallRecording: 30, transcriptionSentimentAnalysis: false, name: 'x' };
    expect(settingsFrom(options, given)).toEqual({
      retention: { callRecording: 30 },
      transcription: { sentimentAnalysis: false },
    });
    expect(settingsFrom(options, {})).toEqual({});
  });
});

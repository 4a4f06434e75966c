import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { docsUrl, loadConsoleConfig } from './config.ts';

const env = { DATABASE_URL: 'postgres://h/d', SECRET_KEY: randomBytes(32).toString('base64') };
const docs = (more: Record<string, string>) => docsUrl(loadConsoleConfig({ ...env, ...more }));

test('the documentation is where intake is', () => {
  expect(docs({})).toBe('http://127.0.0.1:4000/docs');
  expect(docs({ HOST: '::1', INTAKE_PORT: '5000' })).toBe('http://[::1]:5000/docs');
  expect(docs({ INTAKE_URL: 'https://api.example.test' })).toBe('https://api.example.test/docs');
});

test('where intake is unknown, there is no link', () => {
  expect(docs({ HOST: '0.0.0.0' })).toBeUndefined();
  expect(docs({ INTAKE_PORT: '0' })).toBeUndefined();
});

test('what is missing or wrong is told at once', () => {
  expect(() => loadConsoleConfig({ TRUST_PROXY: 'yes' })).toThrow(/DATABASE_URL[\s\S]*SECRET_KEY[\s\S]*TRUST_PROXY/);
});

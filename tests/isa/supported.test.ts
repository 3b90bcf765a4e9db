import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { supportedDocument } from '../../scripts/supported.ts';

test('docs/SUPPORTED.md is current; else: npm run supported', () => {
  expect(readFileSync('docs/SUPPORTED.md', 'utf8')).toBe(supportedDocument());
});

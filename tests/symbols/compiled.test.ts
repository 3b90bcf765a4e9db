/** Compiled programs: what nearly everybody has. The other ways to compile are in the slow test. */

import { compiledCases } from './compiled-cases.ts';

compiledCases([
  ['-O0', '-gdwarf-5'],
  ['-O2', '-gdwarf-5'],
  ['-O2', '-gdwarf-4', '-m32', '-fomit-frame-pointer'],
]);

/** Compiled programs: older and rarer forms of debug information. */

import { compiledCases } from './compiled-cases.ts';

compiledCases([
  ['-O0', '-gdwarf-4'],
  ['-O2', '-gdwarf-4'],
  ['-O1', '-gdwarf-5', '-gz=zlib'],
  ['-O0', '-gdwarf-4', '-fdebug-types-section'],
  ['-O0', '-gdwarf-5', '-fdebug-types-section'],
  ['-O2', '-gdwarf-5', '-gdwarf64'],
  ['-Os', '-gdwarf-3', '-gno-strict-dwarf'],
  ['-O0', '-gdwarf-5', '-m32'],
  ['-O2', '-gdwarf-5', '-m32'],
]);

/** Canonical linear addresses, as generated code tests them. */

import type { Code, Val } from '../wasm/code.ts';

/** 1 if a linear address is in 48-bit canonical form (SDM Vol. 1 §3.3.7.1). `va` is a local. */
export const canonicalTest = (c: Code, va: Val): Val => c.eq(c.shrs(c.shl(va, 16), 16), va);

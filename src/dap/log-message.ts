/** Log points' messages: text with expressions in braces, as the protocol's `logMessage` has them. */

import type { EvaluationContext, Program } from '../symbols/program.ts';
import { SymbolError } from '../symbols/program.ts';

export function interpolated(
  message: string,
  program: Program,
  context: EvaluationContext,
): string {
  return message.replace(/\\([{}])|\{([^{}]*)\}/g, (_, brace: string | undefined, text: string) => {
    if (brace) return brace;
    try {
      return program.evaluate(text, context).format();
    } catch (error) {
      if (error instanceof SymbolError) return `{${text}: ${error.message}}`;
      throw error;
    }
  });
}

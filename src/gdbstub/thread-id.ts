/**
 * Thread ids as packets have them: hexadecimal, -1 for all, 0 for any, with or without the process
 * (gdb manual E.1 "thread-id syntax"). lldb pads them with zeros. There is one thread, 1.
 */

const ID = /^(?:p(?:-1|0*[01])(?:\.(?:-1|0*[01]))?|-1|0*[01])$/i;
const THREAD_1 = /^(?:p0*1\.)?0*1$/i;

/** May it mean our thread? */
export const mayBeOurs = (text: string): boolean => ID.test(text);
/** Is it our thread's? */
export const isOurs = (text: string): boolean => THREAD_1.test(text);

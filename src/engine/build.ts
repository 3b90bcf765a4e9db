/**
 * Which build of the engine this is: a hash of its source, which the host gives it, since the engine
 * reads no files. Two builds with one id run any guest alike; two ids say nothing.
 */

let own = '';

/** Once per process, before the first vCPU. */
export function setEngineBuild(id: string): void {
  own = id;
}

/** Empty if nobody has said. */
export const engineBuild = (): string => own;

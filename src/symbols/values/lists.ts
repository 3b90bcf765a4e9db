/**
 * Linux's linked lists (include/linux/list.h), as arrays. A list ends at its head or at NULL; one that
 * does neither is cut off, and one that runs in a circle besides its head too.
 */

import { type CType, strip } from './types.ts';
import { GuestValue, memberPath } from './value.ts';

export const LIST_MAX = 10_000;

/** The nodes behind a list_head or hlist_head; none for other values. */
export function walkList(value: GuestValue): readonly GuestValue[] {
  const { bare } = value;
  if (bare.kind !== 'struct' || value.storage.address === undefined) return [];
  if (bare.name !== 'list_head' && bare.name !== 'hlist_head') return [];
  return nodesOf(value, undefined);
}

/**
 * The nodes of a list: `start` is a head (list_head, hlist_head), a pointer to one, or a pointer to the
 * first node. `next`: the member that leads on, if it is not called that.
 */
export function nodesOf(start: GuestValue, next: string | undefined): GuestValue[] {
  const head = start.bare.kind === 'pointer' ? start.pointee() : start;
  if (!head) return [];
  const { bare } = head;
  const name = bare.kind === 'struct' ? bare.name : undefined;
  // A pointer to a node of a list without a head is the first of its nodes.
  const own = name === 'list_head' || name === 'hlist_head' || start.bare.kind !== 'pointer';
  const link = name === 'hlist_head' ? 'first' : (next ?? 'next');
  const found: GuestValue[] = [];
  const seen = new Set<bigint>();
  const end = head.storage.address;
  if (own && end !== undefined) seen.add(end);
  let node: GuestValue | undefined = own ? head.member(link)?.pointee() : head;
  while (node && found.length < LIST_MAX) {
    const at: bigint | undefined = node.storage.address;
    if (at === undefined || at === 0n || seen.has(at)) break;
    const following: GuestValue | undefined = node.member(next ?? 'next');
    if (following?.state !== 'known') break;
    seen.add(at);
    found.push(node);
    node = following.pointee();
  }
  return found;
}

/** The structs that nodes are members of. Undefined if the type has no such member. */
export function containersOf(
  nodes: readonly GuestValue[],
  type: CType,
  member: string,
): GuestValue[] | undefined {
  const offset = memberOffset(type, member);
  if (offset === undefined) return undefined;
  return nodes.flatMap((node) => {
    const at = node.storage.address;
    if (at === undefined) return [];
    return [GuestValue.inMemory(type, BigInt.asUintN(64, at - BigInt(offset)), node.space)];
  });
}

/** "tasks", "link.node". */
export function memberOffset(type: CType, path: string): number | undefined {
  let offset = 0;
  let at = type;
  for (const name of path.split('.')) {
    const way = memberPath(strip(at), name);
    if (!way) return undefined;
    for (const step of way) {
      offset += step.offset;
      at = step.type;
    }
  }
  return offset;
}

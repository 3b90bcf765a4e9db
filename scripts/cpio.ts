/**
 * A writer for cpio archives in the "newc" format, the one that Linux unpacks as its initramfs
 * (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * Everything in an archive follows from its entries: times are 0, owners are root and inode numbers
 * count up from 1, so the same files give the same bytes on every machine.
 */

/** One directory, regular file or symbolic link; parents must come before what is inside them. */
export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly data: Uint8Array;
    };

const MAGIC = '070701';
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** Header and data are each padded to a multiple of four bytes. */
const ALIGNMENT = 4;

/** The archive is padded to this, as GNU cpio does; the kernel skips zeros between archives. */
const BLOCK = 512;

export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const members = entries.map((entry, index) => member(entry, index + 1));
  const trailer = record({ name: 'TRAILER!!!', inode: 0, mode: 0, links: 1, data: noData });
  const archive = Buffer.concat([...members, trailer]);
  return Buffer.concat([archive, zerosTo(archive.length, BLOCK)]);
}

const noData = new Uint8Array(0);

function member(entry: CpioEntry, inode: number): Buffer {
  const name = entry.path.replace(/^\/+/, '');
  switch (entry.kind) {
    case 'directory':
      return record({ name, inode, mode: S_IFDIR | entry.mode, links: 2, data: noData });
    case 'file':
      return record({ name, inode, mode: S_IFREG | entry.mode, links: 1, data: entry.data });
    case 'link': {
      const data = Buffer.from(entry.target, 'utf8');
      return record({ name, inode, mode: S_IFLNK | 0o777, links: 1, data });
    }
  }
}

interface Fields {
  readonly name: string;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly data: Uint8Array;
}

function record({ name, inode, mode, links, data }: Fields): Buffer {
  const nameBytes = Buffer.from(`${name}\0`, 'utf8');
  // c_ino c_mode c_uid c_gid c_nlink c_mtime c_filesize c_devmajor c_devminor c_rdevmajor
  // c_rdevminor c_namesize c_chksum: eight hexadecimal digits each.
  const numbers = [inode, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = Buffer.from(MAGIC + numbers.map(hex8).join(''), 'ascii');
  const headLength = header.length + nameBytes.length;
  return Buffer.concat([
    header,
    nameBytes,
    zerosTo(headLength, ALIGNMENT),
    data,
    zerosTo(data.length, ALIGNMENT),
  ]);
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

function zerosTo(length: number, multiple: number): Buffer {
  return Buffer.alloc((multiple - (length % multiple)) % multiple);
}

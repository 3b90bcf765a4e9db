# gzip, xz, zstd and bzip2's kin: match finders, Huffman and range coders, CRC-32 and CRC-64, XXH64.
gawk 'BEGIN { for (i = 0; i < 6000; i++) { x = (x * 1103515245 + 12345) % 2147483648; printf "%d %s line %x\n", i, substr("abcdefghijklmnopqrstuvwxyz", x % 20 + 1, x % 7), x } }' >text
cat /usr/bin/xz >binary
head -c 100000 /usr/bin/perl >>binary
for file in text binary; do
  for tool in 'gzip -n -1' 'gzip -n -6' 'gzip -n -9' 'xz -T1 -0' 'xz -T1 -6' 'xz -T1 --check=sha256 -3' 'xz -T1 --format=lzma -2' \
    'xz -T1 --x86 --lzma2=preset=1' 'zstd --single-thread -q -1' 'zstd --single-thread -q -9' 'zstd --single-thread -q -17' 'zstd --single-thread -q --fast=5'; do
    $tool -c <$file >packed && set -- $tool && $1 -d -c <packed >unpacked && cmp $file unpacked &&
      echo "$file $tool $(wc -c <packed) $(sha256sum <packed | cut -c 1-32)"
  done
done
gzip -n -c text | gzip -l -v 2>&1 | sed 's/ *[A-Z][a-z][a-z] *[0-9]* [0-9:]* */ /' | tail -n 1
printf 'broken' | xz -d -c 2>&1; echo "xz $?"
gzip -n -c text | head -c 5000 | gzip -d -c 2>&1 | tail -n 1 | cut -c 1-60
xz -T1 -k text; xz --robot --list text.xz | cut -f 1-5 | head -n 2

# GNU grep and sed: DFA and back-references, string searches of the C library.
gawk 'BEGIN { for (i = 0; i < 20000; i++) { x = (x * 69069 + 1) % 4294967296; printf "%08x-%d:%s\n", x, i, substr("the quick brown fox jumps over the lazy dog", x % 30, 12) } }' >text
grep -c fox text
grep -E -c '(a|e)b?[0-9]{2,4}.*(qu|z)' text
grep -E '^([0-9a-f]{2})\1' text | sha256sum
grep -n -o -b 'lazy d' text | tail -n 2
grep -F -c -e brown -e jumps -e zzz text
grep -v -i -w 'QUICK' text | sed -n 's/\(.*\)-\([0-9]*\):.*/\2 \1/p' | tail -n 2
sed -E 's/([0-9]+)([a-f]+)/<\2\1>/2; y/abc/ABC/; /fox/!d' text | sha256sum
sed -n '$!{h;d};H;x;l' text
sed ':a;N;$!ba;s/\n/,/g' text | md5sum
grep -P '(?<=o)v(?!e)|x(?= j)' text 2>&1 | head -n 2

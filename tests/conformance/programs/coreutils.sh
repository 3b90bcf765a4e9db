# GNU coreutils: digests, sorting, number formatting with long double, factoring.
seq 1 20000 >numbers
for sum in md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum sum cksum; do
  $sum numbers
done
cksum -a sm3 --untagged numbers
cksum -a crc numbers
base64 -w 60 numbers | tail -n 3
base32 numbers | sha256sum
head -c 40 numbers | basenc --z85 -w 0
echo
seq 0 0.1 3 | paste -s -d ' '
seq -f '%.19g' 0.1 0.7 5 | paste -s -d ' '
seq -f '%a' 1e-3 1.1e-3 1e-2 | paste -s -d ' '
env printf '%.40f %g %e %a\n' 0.1 1e300 123456789.123456789 3.14159265358979323846
env printf '%g %.25f %a\n' 1e4000 1.1 2.718281828459045235360287
env printf '%d %x %o %#010x %+.3e\n' -7 255 511 48879 6.02214076e23
factor 18446744073709551557 18446744073709551615 1000000007 340282366920938463463374607431768211297
factor $(seq 999999999900 999999999910)
factor 2305843009213693951 1152921504606846977 123456789012345678901234567890
expr 9223372036854775807 '*' 9223372036854775807 / 12345678910111213 % 99999999977
numfmt --to=iec --format %.3f $(seq 1 3777777777 20000000000)
numfmt --from=si 1K 2.5M 3.125G 7T
shuf --random-source=numbers -n 8 numbers | paste -s -d ' '
sort -R --random-source=numbers numbers | sha256sum
shuf --random-source=numbers numbers >mixed
sort mixed | sha256sum
sort -n mixed | cmp - numbers && echo sorted
sort -t 1 -k 2n -k 1r mixed | sha256sum
gawk 'BEGIN { for (i = 0; i < 3000; i++) print (i * 7919 % 3001 - 1500) / 7 "e" (i % 37 - 18) }' >floats
sort -g floats | sha256sum
sort -g floats | sed -n '1p;1500p;$p'
sort -h floats | tail -n 1
tac mixed | nl -w 7 -s : | tail -n 1
cut -c 2- mixed | sort | uniq -c | sort -k1nr -k2 | head -n 3
join -a 1 numbers numbers | wc
comm -12 numbers numbers | wc -l
od -A d -t fD -t x8 -t f4 -N 48 numbers
fold -w 31 mixed | fmt -w 50 | sha512sum | cut -c 1-40
date -u -d '@1700000000' '+%F %T %j %U %s'
date -u -d '2024-02-29 12:00 +1 year -3 days' +%s
split -n r/7 mixed part. && cat part.* | sort | sha256sum
tr -d '13579' <mixed | sort -u | wc -c
pr -3 -l 20 -h x -D y <floats | md5sum
dd if=numbers bs=37 skip=3 count=100 conv=swab,ucase status=none | sha1sum
stat -c '%s %A' numbers; ls -Q part.* | paste -s -d ,
tsort <<EOF | paste -s -d ' '
a b c d b c d e a e
EOF
ptx -w 40 <<EOF
the quick brown fox
EOF

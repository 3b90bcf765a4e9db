# Perl with its extensions in C: numbers, packing, regular expressions, digests, big integers.
cat >numbers.pl <<'EOF'
use strict; use warnings; use POSIX; use List::Util qw(sum reduce shuffle); use Digest::MD5; use Digest::SHA;
use MIME::Base64; use Math::BigInt; use Math::BigFloat; use Math::Trig; use Encode; use Storable; use Time::Local;
srand(12345);
my @r = map { rand() } 1 .. 500;
printf "%.17g %.17g %.17g\n", $r[0], $r[499], sum(@r);
for my $f (0.1, 1/3, 1e22, 1e23, 5e-324, 1.7976931348623157e308, -0.0, 9**9**9, -9**9**9, 123456789.987654321) {
  printf "%s %.20g %e %a %s\n", $f, $f, $f, $f, unpack("H*", pack("d>", $f));
}
for my $i (1 .. 60) {
  my $x = ($i - 30) * 0.7310585786300049;
  printf "%.17g %.17g %.17g %.17g %.17g %.17g\n", sin $x, cos $x, exp($x / 3), atan2($x, $i), sqrt abs $x, log(abs($x) + 1);
  printf "%.17g %.17g %.17g %.17g %.17g\n", POSIX::tan($x), POSIX::sinh($x / 4), POSIX::fmod($x, 1.37), POSIX::pow(abs($x), 1.3), POSIX::cbrt($x);
  printf "%.17g %.17g %.17g %.17g\n", POSIX::lgamma(abs($x) + .1), POSIX::tgamma($x / 5 + 9), POSIX::erf($x / 9), POSIX::expm1($x / 50);
  printf "%d %d %d %d\n", int $x, floor($x), ceil($x), POSIX::lround($x);
}
printf "%s\n", join " ", map { sprintf "%vd", $_ } "1.22.333", "5.36.0";
print unpack("H*", pack("csSlLqQnNvVfdFwU", -1, -2, 65535, -3, 4294967295, -4, 18446744073709551615, 1, 2, 3, 4, 1.5, -2.25, 3.125, 300, 8364)), "\n";
my $text = join " ", map { chr(97 + $_ * 7 % 26) x ($_ % 5 + 1) } 1 .. 4000;
my $n = () = $text =~ /(\w)\1{2,}\s(?=\w)/g; print "$n\n";
(my $t = $text) =~ s/(\w+) (\w+)/$2 $1/g; print Digest::SHA::sha256_hex($t), "\n";
print join(",", (sort { $b cmp $a || $a cmp $b } split / /, $text)[0 .. 5]), "\n";
my %count; $count{$_}++ for split //, $text; print join(" ", map { "$_$count{$_}" } sort keys %count), "\n";
print Digest::MD5::md5_hex($text), " ", Digest::SHA::sha512_base64($text), " ", Digest::SHA::sha1_hex($t), "\n";
print substr(encode_base64($text), 0, 60), "\n";
print Math::BigInt->new(2)->bpow(607)->bsub(1), "\n", Math::BigInt->new("123456789" x 9)->bmodpow("987654321", "1000000000039"), "\n";
print Math::BigFloat->bpi(80), "\n", Math::BigFloat->new(2)->bsqrt(60), "\n";
printf "%.15g %.15g\n", great_circle_distance(0.1, 0.2, 1.3, 0.4, 6378), deg2rad(33.3);
print length(encode("UTF-8", join "", map { chr($_ * 37) } 32 .. 900)), "\n";
print 0xFFFFFFFFFFFFFFFF, " ", 1 << 63, " ", -7 % 3, " ", 7 % -3, " ", 2**62 + 1, " ", 18446744073709551615 + 1, "\n";
print join(" ", map { sprintf "%s", $_ } 1e15, 1e16, 123456789012345678, 0.1 + 0.2, 1e15 / 3), "\n";
print timegm(56, 34, 12, 3, 6, 123), " ", strftime("%Y-%m-%d %j", gmtime(1e9)), "\n";
print join(" ", strtod("0x1.8p3"), strtod("1e-400"), strtol("-777", 8)), "\n";
EOF
perl numbers.pl
perl -e 'my @p; N: for my $n (2 .. 6000) { for (@p) { last if $_ * $_ > $n; next N unless $n % $_ } push @p, $n } print "@p[-3 .. -1]\n"'

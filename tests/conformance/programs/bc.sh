# GNU bc: long division and multiplication in decimal, and its library of functions.
bc -l <<'EOF'
scale=120
4*a(1)
e(1)
l(2)
s(1)^2+c(1)^2
sqrt(2)
scale=40
for (i = -5; i <= 5; i++) { s(i/3); c(i/3); a(i/3); e(i/3); if (i > 0) l(i/3); j(i+6,i/3) }
scale=0
2^521-1
(3^333)%(7^77)
define f(n) { if (n<2) return (1); return (n*f(n-1)) }
f(150)
define p(n) { auto i; for (i=3; i*i<=n; i+=2) { if (n%i==0) return (i) }; return (n) }
p(1000000007)
p(4294967297)
obase=16
2^127-1
ibase=16
DEADBEEF*CAFE
obase=A
FFFFFFFFFFFFFFFF
EOF

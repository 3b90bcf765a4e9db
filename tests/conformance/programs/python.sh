# CPython's core: floats to text and back, big integers, its own hashes, its C library's functions.
cat >numbers.py <<'EOF'
import math, random, struct, sys, re, base64, binascii, heapq, collections, functools, string
random.seed(20231114)
patterns = [random.getrandbits(64) for _ in range(400)]
digest = 0
for n, p in enumerate(patterns):
    f = struct.unpack('<d', struct.pack('<Q', p))[0]
    text = repr(f)
    again = float(text)
    if again != f and f == f: print('differs', text)
    digest = (digest * 31 + sum(map(ord, text))) % (1 << 61)
    if n % 20 == 0: print(text, f.hex(), '%.25g' % f, format(f, '.3e'))
print(digest)
for name in ('sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp expm1 log log1p log2 log10 '
             'sqrt cbrt exp2 gamma lgamma erf erfc degrees radians fabs floor ceil trunc').split():
    f = getattr(math, name); out = []
    for i in range(-40, 41):
        x = i * 0.3141592653589793 + 0.01
        try: out.append(f(x))
        except (ValueError, OverflowError) as e: out.append(str(e))
    print(name, functools.reduce(lambda h, v: (h * 1000003 + hash(repr(v).__len__()) + sum(map(ord, repr(v)))) % (1 << 64), out, 7), out[3], out[41], out[77])
print([math.fmod(x, 0.7) for x in (-5.5, 5.5, 1e17)], math.hypot(3.1, 4.7, 1.9), math.atan2(-1, -2), math.pow(2.5, -3.7))
print(math.fsum([0.1] * 10), sum([0.1] * 10), math.frexp(1e-310), math.ldexp(0.75, 1000), math.nextafter(1.0, 2.0), math.ulp(1e10))
print([round(x, n) for x in (2.675, 1e22 / 7, -0.5, 1234.5678) for n in (0, 2, -2)])
print(0.1 + 0.2, 1e16 + 1, 1 / 3, 5e-324 / 2, 2.0 ** 1023 * 1.9999999999999998, float('nan'), -0.0, 1e308 * 10)
a, b = random.getrandbits(9000), random.getrandbits(4001)
print(hash(a), hash(b), a * b % (10 ** 40), a // b % (10 ** 40), a % b % (10 ** 40), math.gcd(a, b), math.isqrt(a) % (10 ** 40))
print(pow(a, b, (1 << 521) - 1) % (10 ** 60), str(a)[:50], len(str(b * b)), int('9' * 1500) % 1000000007, hex(a)[-20:])
print(math.factorial(200) % (10 ** 50 + 151), math.comb(300, 140) % 1000000009, (-a) >> 77 & 0xffffffff, ~a & b & 0xffffffffffff)
print(hash('retrovisor'), hash(b'bytes'), hash((1, 2.5, 'x')), hash(2.5), hash(1e300), hash(-1))
z = complex(1.5, -2.25); print(z ** 3, z / (0.1 + 3j), abs(z), z ** 0.5)
words = ' '.join(''.join(random.choice(string.ascii_lowercase) for _ in range(random.randint(1, 9))) for _ in range(3000))
print(binascii.crc32(words.encode()), base64.b85encode(words[:60].encode()), words.encode().hex()[:32])
print(len(re.findall(r'\b(\w)\w*\1\b', words)), re.sub(r'([aeiou])+', '_', words)[:60])
print(collections.Counter(words).most_common(4), heapq.nsmallest(4, words.split()), sorted(words.split(), key=lambda w: (len(w), w))[-3:])
print([random.gauss(0, 1) for _ in range(4)], random.expovariate(1.5), random.betavariate(2, 3), random.sample(range(1000), 5))
def mandel(c):
    z = 0
    for n in range(60):
        if abs(z) > 2: return n
        z = z * z + c
    return 60
for y in range(-8, 9, 2): print(''.join(' .:-=+*#%@'[mandel(complex(x / 20, y / 8)) * 9 // 60] for x in range(-40, 20)))
def nbody(n):
    p = [[0.0, 0.0, 0.0, 39.47], [4.84, -1.16, -0.10, 0.037], [8.34, 4.12, -0.4, 0.011]]
    v = [[0, 0, 0], [0.6, 2.8, -0.02], [-1.0, 1.8, 0.008]]
    for _ in range(n):
        for i in range(3):
            for j in range(3):
                if i == j: continue
                d = [p[j][k] - p[i][k] for k in range(3)]; r = sum(x * x for x in d) ** 1.5
                for k in range(3): v[i][k] += d[k] * p[j][3] / r * 0.001
        for i in range(3):
            for k in range(3): p[i][k] += v[i][k] * 0.001
    return p
print(nbody(800))
EOF
python3 -S numbers.py
python3 -S -c 'import hashlib; print([(n, hashlib.new(n, b"x" * 1000).hexdigest()[:24]) for n in ("md5", "sha1", "sha256", "sha512")])' 2>&1 | tail -n 1

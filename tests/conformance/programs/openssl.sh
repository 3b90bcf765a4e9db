# OpenSSL on the hand-written paths that CPUID selects: AES-NI, PCLMULQDQ, SHA, SSSE3, ADX, MULX.
seq 1 30000 >plain
for digest in md5 sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-256 sha3-512 shake256 blake2b512 blake2s256 sm3 rmd160; do
  openssl dgst -$digest plain 2>&1
done
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
iv=0f0e0d0c0b0a09080706050403020100
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc aes-128-ecb aes-128-ctr aes-256-ctr aes-128-cfb aes-256-cfb8 aes-256-ofb \
  aria-128-cbc aria-256-ctr camellia-128-cbc camellia-256-ctr chacha20 des-ede3-cbc sm4-cbc sm4-ctr; do
  case $cipher in *128* | sm4*) size=32 ;; *192* | des*) size=48 ;; *) size=64 ;; esac
  k=$(printf %.${size}s $key)
  case $cipher in *ecb) set -- ;; des*) set -- -iv $(printf %.16s $iv) ;; *) set -- -iv $iv ;; esac
  openssl enc -$cipher -K $k "$@" -in plain -out sealed && openssl enc -d -$cipher -K $k "$@" -in sealed -out opened &&
    cmp plain opened && echo "$cipher $(sha256sum <sealed | cut -c 1-40)"
done
for mac in 'HMAC -digest SHA256' 'HMAC -digest SHA512' 'CMAC -cipher AES-128-CBC' 'CMAC -cipher AES-256-CBC' 'GMAC -cipher AES-128-GCM -macopt hexiv:0f0e0d0c0b0a090807060504' 'SIPHASH' 'KMAC128'; do
  set -- $mac
  case "$mac" in *128*-CBC | *128-GCM* | SIPHASH) k=$(printf %.32s $key) ;; *) k=$key ;; esac
  name=$1; shift
  echo "$name $(openssl mac "$@" -macopt hexkey:$k -in plain $name 2>&1)"
done
echo "POLY1305 $(openssl mac -macopt hexkey:$key -in plain POLY1305 2>&1)"
openssl kdf -keylen 40 -kdfopt digest:SHA256 -kdfopt pass:password -kdfopt salt:NaCl -kdfopt iter:2000 PBKDF2
openssl kdf -keylen 32 -kdfopt pass:password -kdfopt salt:NaCl -kdfopt n:256 -kdfopt r:8 -kdfopt p:1 SCRYPT
openssl kdf -keylen 42 -kdfopt digest:SHA512 -kdfopt hexkey:$key -kdfopt hexsalt:$iv -kdfopt info:x HKDF
openssl passwd -6 -salt abcdefgh secret; openssl passwd -1 -salt abcdefgh secret
openssl prime 170141183460469231731687303715884105727 1000000000000000000000000000057; openssl prime -hex FFFFFFFFFFFFFFC5
# Keys are computed here, so that none lies about: RSA from two primes that a digest leads to,
# elliptic curves from a private number that is one.
cat >keys.py <<'EOF'
import binascii
def der(tag, *parts):
    body = b''.join(parts); n = len(body)
    size = bytes([n]) if n < 128 else (lambda b: bytes([128 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, 'big'))
    return bytes([tag]) + size + body
def integer(n): return der(2, n.to_bytes(n.bit_length() // 8 + 1, 'big'))
def probable(n):
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)): return False
    d, s = n - 1, 0
    while d % 2 == 0: d, s = d // 2, s + 1
    for a in (2, 3, 5, 7, 11, 13, 17, 19):
        x = pow(a, d, n)
        if x in (1, n - 1): continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1: break
        else: return False
    return True
def prime(seed):
    x = 7
    while x.bit_length() < 1020: x = x * 6364136223846793005 + seed
    n = (x % (1 << 512)) | 1 | 3 << 510
    while not (probable(n) and n % 65537 != 1): n += 2
    return n
p, q, e = prime(1442695040888963407), prime(3037000493), 65537
d = pow(e, -1, (p - 1) * (q - 1))
open('rsa.der', 'wb').write(der(0x30, *map(integer, (0, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)))))
secret = bytes(range(7, 39))
oid = {'p256': '2a8648ce3d030107', 'k256': '2b8104000a'}
for name, curve in oid.items():
    open(name + '.der', 'wb').write(der(0x30, integer(1), der(4, secret), der(0xa0, der(6, binascii.unhexlify(curve)))))
for name, o in (('ed25519', '2b6570'), ('x25519', '2b656e')):
    open(name + '.der', 'wb').write(der(0x30, integer(0), der(0x30, der(6, binascii.unhexlify(o))), der(4, der(4, secret))))
EOF
python3 -S keys.py
openssl rsa -inform DER -in rsa.der -out rsa.pem 2>&1 && openssl rsa -in rsa.pem -check -noout 2>&1
openssl rsa -in rsa.pem -noout -modulus
openssl rsa -in rsa.pem -pubout -out rsa.pub 2>&1
openssl dgst -sha256 -sign rsa.pem -out signature plain && sha256sum signature
openssl dgst -sha256 -verify rsa.pub -signature signature plain
openssl pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt rsa_padding_mode:none -in signature -out power && sha256sum power
openssl pkeyutl -decrypt -inkey rsa.pem -pkeyopt rsa_padding_mode:none -in power | cmp - signature && echo 'RSA there and back'
openssl dgst -sha512 -sign rsa.pem -sigopt rsa_padding_mode:pss -out pss plain && openssl dgst -sha512 -sigopt rsa_padding_mode:pss -verify rsa.pub -signature pss plain
for curve in p256 k256; do
  openssl ec -inform DER -in $curve.der -pubout -out $curve.pub 2>&1 && sha256sum $curve.pub
  openssl ec -inform DER -in $curve.der -out $curve.pem 2>&1
  openssl dgst -sha256 -sign $curve.pem -out $curve.sig plain && openssl dgst -sha256 -verify $curve.pub -signature $curve.sig plain
done
openssl pkey -inform DER -in ed25519.der -out ed25519.pem && openssl pkey -in ed25519.pem -pubout -out ed25519.pub && cat ed25519.pub
openssl pkeyutl -sign -inkey ed25519.pem -rawin -in plain -out ed.sig && sha256sum ed.sig
openssl pkeyutl -verify -pubin -inkey ed25519.pub -rawin -in plain -sigfile ed.sig
openssl pkey -inform DER -in x25519.der -pubout | tee x25519.pub; openssl pkeyutl -derive -keyform DER -inkey x25519.der -peerkey x25519.pub | sha256sum

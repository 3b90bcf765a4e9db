# GCC, the assembler and the linker: the same objects, and programs that compute the same.
compile() {
  gcc -w -frandom-seed=1 "$@" && sha256sum program && ./program
}
cp /programs/*.c .
for options in -O0 '-O3 -msse4.2 -mpopcnt' '-O2 -mbmi -mbmi2 -madx -mmovbe'; do
  echo "integer.c $options"
  compile $options integer.c -o program -pthread
done
for options in '-O2 -frounding-math -msse4.1' '-O1 -mfpmath=387 -frounding-math'; do
  echo "float.c $options"
  compile $options float.c -o program -lm
done
compile -O1 x87.c -o program
gcc -E -dM - </programs/x87.c | sort | sha256sum
echo 'int main(void) { return "x" + ; }' | gcc -x c - 2>&1
gcc -O1 -g -c x87.c -o x87.o && size x87.o && objdump -d x87.o | sha256sum && readelf -W -S x87.o | sha256sum

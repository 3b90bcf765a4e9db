# GCC, the assembler and the linker: the same objects, and programs that compute the same.
compile() {
  gcc -w -frandom-seed=1 "$@" && sha256sum program && ./program
}
cp /programs/*.c .
for options in -O0 -O2 '-O3 -msse4.2 -mpopcnt' '-O2 -mbmi -mbmi2 -madx -mmovbe -maes -mpclmul -msha' '-Os -fPIC'; do
  echo "integer.c $options"
  compile $options integer.c -o program -pthread
done
for options in -O0 '-O2 -frounding-math -fsignaling-nans' '-O2 -mfpmath=387 -frounding-math' '-O3 -msse4.1 -frounding-math'; do
  echo "float.c $options"
  compile $options float.c -o program -lm
done
compile -O1 x87.c -o program
gcc -O2 -S -o - integer.c | sha256sum
gcc -E -dM - </programs/x87.c | sort | sha256sum
echo 'int main(void) { return "x" + ; }' | gcc -x c - 2>&1
gcc -static-libgcc -O2 -g -c float.c -o float.o && size float.o && objdump -d float.o | sha256sum && readelf -W -S float.o | tail -n 30 | sha256sum
